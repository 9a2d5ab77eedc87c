/** A file format that is known by its first bytes. Only some of them are images that a model takes: the rest is for messages. */
export type ImageFormat =
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'gif'
  | 'bmp'
  | 'tiff'
  | 'avif'
  | 'heic'
  | 'jp2'
  | 'jxl'
  | 'psd'
  | 'pdf'
  | 'svg'

/** First bytes as Latin-1; a question mark stands for any byte. */
const SIGNATURES: readonly (readonly [signature: string, format: ImageFormat])[] = [
  ['\u0089PNG\r\n\u001a\n', 'png'],
  ['\u00ff\u00d8\u00ff', 'jpeg'],
  ['RIFF????WEBP', 'webp'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['BM????\0\0\0\0', 'bmp'],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  ['????ftypavif', 'avif'],
  ['????ftypavis', 'avif'],
  ['????ftyphei', 'heic'],
  ['????ftyphev', 'heic'],
  ['????ftypmif1', 'heic'],
  ['????ftypmsf1', 'heic'],
  ['\0\0\0\u000cjP  ', 'jp2'],
  ['\0\0\0\u000cJXL ', 'jxl'],
  ['\u00ff\n', 'jxl'],
  ['8BPS', 'psd'],
  ['%PDF-', 'pdf'],
]

const LONGEST_SIGNATURE = Math.max(...SIGNATURES.map(([signature]) => signature.length))
/** Before the root element of an SVG there may be an XML declaration, comments and a document type. */
const SVG_WITHIN_BYTES = 512
const MARKUP = /^(?:\u00ef\u00bb\u00bf)?\s*</
const SVG_ROOT = /<(?:svg:)?svg[\s>/]/

/** The format of a file that begins with these bytes (Latin-1); undefined: not known, or not yet. */
export function formatOf(beginning: string): ImageFormat | undefined {
  const known = SIGNATURES.find(([signature]) => isBeginning(signature, beginning))
  if (known !== undefined) return known[1]
  return MARKUP.test(beginning) && SVG_ROOT.test(beginning) ? 'svg' : undefined
}

/** Whether more bytes after these can tell the format. */
export function canBecomeKnown(beginning: string): boolean {
  if (beginning.length < LONGEST_SIGNATURE) return true
  return beginning.length < SVG_WITHIN_BYTES && MARKUP.test(beginning)
}

function isBeginning(signature: string, beginning: string): boolean {
  if (beginning.length < signature.length) return false
  for (let at = 0; at < signature.length; at++) {
    if (signature[at] !== '?' && signature[at] !== beginning[at]) return false
  }
  return true
}

import { randomBytes } from 'node:crypto'

/** The file types that the shelf knows: the end of a name, the type it is served with, and whether a browser may show it. */
const FILE_TYPES = {
  png: { type: 'image/png', isShown: true },
  jpg: { type: 'image/jpeg', isShown: true },
  webp: { type: 'image/webp', isShown: true },
  gif: { type: 'image/gif', isShown: true },
  avif: { type: 'image/avif', isShown: true },
  // An svg can hold script, so it is handed out as a file to keep.
  svg: { type: 'image/svg+xml', isShown: false },
  bin: { type: 'application/octet-stream', isShown: false },
} as const
export type FileExtension = keyof typeof FILE_TYPES

/** One image file that the gateway keeps, as its index has it. Times are milliseconds since 1970. */
export interface Picture {
  readonly id: string
  readonly extension: FileExtension
  /** The name of the key that bought it. */
  readonly key: string
  readonly generationId: string
  readonly model: string
  readonly size: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** The order that a picture was bought with. */
export type PictureOrigin = Pick<Picture, 'key' | 'generationId' | 'model' | 'size'>

const NAME = /^(pic_[\da-f]{32})(?:\.([a-z]{3,4}))?$/

/** 128 random bits: nobody finds a picture by guessing. */
export function newPictureId(): string {
  return `pic_${randomBytes(16).toString('hex')}`
}

export function fileName({ id, extension }: Pick<Picture, 'id' | 'extension'>): string {
  return `${id}.${extension}`
}

/** The id and extension in a file's name or the end of a link; undefined where it is no picture's. */
export function parseFileName(name: string): { readonly id: string; readonly extension?: FileExtension } | undefined {
  const [, id, extension] = NAME.exec(name) ?? []
  if (id === undefined) return undefined
  if (extension === undefined) return { id }
  return isExtension(extension) ? { id, extension } : undefined
}

/** The extension for a format that was known by the first bytes of a file; `bin` for all that is not known to be an image. */
export function extensionOf(format: string | undefined): FileExtension {
  const extension = format === 'jpeg' ? 'jpg' : format
  return extension !== undefined && isExtension(extension) ? extension : 'bin'
}

export function fileType(extension: FileExtension): (typeof FILE_TYPES)[FileExtension] {
  return FILE_TYPES[extension]
}

export function isExtension(name: string): name is FileExtension {
  return Object.hasOwn(FILE_TYPES, name)
}

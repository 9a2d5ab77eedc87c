import { GatewayError } from '../../errors/gateway-error.ts'
import type { ImageUrl } from '../../models/rules/image-file.ts'
import { DataUrlTap } from './images/data-url-tap.ts'
import { JsonElider } from './uploads/json-elider.ts'
import { receiveUpload } from './uploads/receive.ts'
import { byteOrderMarkOf, parseJsonBody, rewriteJsonBody } from './json-body.ts'
import type { Spool } from '../../spool/spool.ts'
import type { IncomingUpload, UploadOptions } from './uploads/receive.ts'
import type { Call } from './endpoint.ts'

/**
 * Receives an edit whose images are URLs and data URLs in JSON, which goes upstream as it came.
 * @throws GatewayError `invalid_json`, `unsupported_media_type`, and as receiveUpload
 */
export async function receiveJsonEdit(upload: IncomingUpload, options: UploadOptions): Promise<Call> {
  const elider = new JsonElider()
  return receiveUpload(upload, options, elider, (spool) => jsonEditCall(elider, spool))
}

function jsonEditCall(elider: JsonElider, spool: Spool): Call {
  const start = byteOrderMarkOf(elider.skeleton)
  const skeleton = elider.skeleton.subarray(start)
  const found = new Set<ImageUrl>()
  const parameters = new Map(
    [...parseJsonBody(skeleton)].map(([name, value]) => [name, withUrls(name, value, elider, found)] as const),
  )
  if (elider.longUrls.some(({ url }) => !found.has(url)))
    throw new GatewayError('invalid_json', "A long data URL stands where no 'image_url' is.")
  return {
    ruleSet: 'images.edits.json',
    parameters,
    isForm: false,
    digest: () => elider.digest,
    body: start === 0 ? spool.body() : spool.body([{ start, end: spool.bytes }]),
    contentType: 'application/json',
    rewrite: (changes) => spool.body(elider.expand(rewriteJsonBody(skeleton, changes).toString('utf8'))),
    discard: () => void spool.discard(),
  }
}

/** The value with every `image_url` as what is known of it, which is added to `found`. */
function withUrls(name: string, value: unknown, elider: JsonElider, found: Set<ImageUrl>): unknown {
  if (name === 'images' && Array.isArray(value)) return value.map((one: unknown) => withUrl(one, elider, found))
  return name === 'mask' ? withUrl(value, elider, found) : value
}

function withUrl(reference: unknown, elider: JsonElider, found: Set<ImageUrl>): unknown {
  if (typeof reference !== 'object' || reference === null || !('image_url' in reference)) return reference
  const text = reference.image_url
  if (typeof text !== 'string') return reference
  const url = elider.urlOf(text) ?? urlIn(text)
  found.add(url)
  return { ...reference, image_url: url }
}

function urlIn(text: string): ImageUrl {
  const tap = new DataUrlTap()
  tap.write(Buffer.from(text))
  return tap.result()
}

import { picture } from '../helpers/images.ts'
import type { Payload } from './client.ts'

export interface EditOptions {
  readonly boundary?: string
  readonly prompt?: string
  /** A real PNG, followed by so many bytes in all that decoders ignore. */
  readonly imageBytes?: number
  /** The byte behind the picture: another byte makes another picture. */
  readonly filler?: number
}

/** An edit as a form, byte for byte the same for the same options. */
export async function editOrder(options: EditOptions = {}): Promise<Payload> {
  const { boundary = 'one', prompt = 'more light', imageBytes = 0, filler = 7 } = options
  const png = await picture(64, 64)
  const image = Buffer.concat([png, Buffer.alloc(Math.max(0, imageBytes - png.length), filler)])
  const head = (name: string, rest = ''): string =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n`
  const body = Buffer.concat([
    Buffer.from(`${head('model')}gpt-image-2\r\n${head('prompt')}${prompt}\r\n${head('size')}1024x1024\r\n`),
    Buffer.from(`${head('quality')}low\r\n${head('image', '; filename="a.png"\r\ncontent-type: image/png')}`),
    image,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  return { path: '/v1/images/edits', contentType: `multipart/form-data; boundary=${boundary}`, body }
}

import { drawPicture } from './picture/picture.ts'
import { gptUsage, seedreamUsage } from './usage.ts'
import type { Order } from './order.ts'
import type { PictureFormat } from './picture/picture.ts'

/** Keeps a picture for download and gives its whole URL. */
export type Publish = (bytes: Buffer, format: PictureFormat, signed: boolean) => string

/** Draws the pictures of an order and puts them into the answer of its family, keys in the recorded order. */
export async function answerOrder(order: Order, publish: Publish): Promise<object> {
  const created = Math.floor(Date.now() / 1000)
  const pictures = await drawAll(order)
  const { family, id } = order.model
  const size = `${order.pixels.width}x${order.pixels.height}`
  if (family.startsWith('gpt')) return gptAnswer(order, created, size, pictures)
  const items = pictures.map((bytes) => delivered(order, bytes, publish))
  if (family === 'seedream') {
    return { model: id, created, data: items.map((item) => ({ ...item, size })), usage: seedreamUsage(order) }
  }
  if (family === 'dall-e-3') {
    return { created, data: items.map((item) => ({ revised_prompt: revised(order.prompt), ...item })) }
  }
  return { created, data: items }
}

async function drawAll(order: Order): Promise<Buffer[]> {
  const { prompt, pixels, format, transparent, compression } = order
  const pictures: Buffer[] = []
  for (let index = 0; index < order.n; index += 1) {
    pictures.push(await drawPicture({ prompt, index, ...pixels, format, transparent, quality: compression }))
  }
  return pictures
}

/** Facts 1.2, the documented example. */
function gptAnswer(order: Order, created: number, size: string, pictures: readonly Buffer[]): object {
  return {
    created,
    background: order.transparent ? 'transparent' : 'opaque',
    output_format: order.format,
    quality: order.quality,
    size,
    usage: gptUsage(order),
    data: pictures.map((bytes) => ({ b64_json: bytes.toString('base64') })),
  }
}

function delivered(order: Order, bytes: Buffer, publish: Publish): { url: string } | { b64_json: string } {
  if (order.delivery === 'b64_json') return { b64_json: bytes.toString('base64') }
  return { url: publish(bytes, order.format, order.model.family === 'seedream') }
}

/** dall-e-3 always tells what it made of the prompt. */
function revised(prompt: string): string {
  return `${prompt.trim().replace(/[.。]$/, '')}, as a flat illustration with soft light and layered depth.`
}

import { finish } from './painting.ts'
import { editUsage, gptUsage, seedreamUsage, svgUsage } from './usage.ts'
import type { SandboxOrder } from './order.ts'
import type { PictureFormat } from '../painter/raster.ts'

/** Keeps a picture for download and gives its whole URL. */
export type Publish = (bytes: Buffer, format: PictureFormat, signed: boolean) => string

/** Makes the pictures of an order and puts them into the answer of its family, keys in the recorded order. */
export async function answerOrder(order: SandboxOrder, publish: Publish): Promise<object> {
  const created = nowSeconds()
  const pictures = await finishAll(order)
  const { family, id } = order.model
  if (family.startsWith('gpt')) return gptAnswer(order, created, pictures)
  const items = pictures.map((bytes) => delivered(order, bytes, publish))
  if (family === 'seedream') {
    const size = sizeOf(order)
    return { model: id, created, data: items.map((item) => ({ ...item, size })), usage: seedreamUsage(order) }
  }
  if (family === 'dall-e-3') {
    return { created, data: items.map((item) => ({ revised_prompt: revised(order.prompt), ...item })) }
  }
  return { created, data: items }
}

async function finishAll(order: SandboxOrder): Promise<Buffer[]> {
  const pictures: Buffer[] = []
  for (let index = 0; index < order.n; index += 1) pictures.push(await finish(order, index))
  return pictures
}

/** The documented examples: a generation (facts 1.2) says what it decided, an edit (1.3) does not. */
function gptAnswer(order: SandboxOrder, created: number, pictures: readonly Buffer[]): object {
  const data = pictures.map((bytes) => ({ b64_json: bytes.toString('base64') }))
  const drawn = order.format === 'svg' ? { svg_usage: svgUsage(order) } : {}
  if (order.operation === 'edit') return { created, data, usage: editUsage(order), ...drawn }
  return {
    created,
    background: backgroundOf(order),
    output_format: order.format,
    quality: order.quality,
    size: sizeOf(order),
    usage: gptUsage(order),
    ...drawn,
    data,
  }
}

/** A picture as a download link or in itself. */
export function delivered(
  order: SandboxOrder,
  bytes: Buffer,
  publish: Publish,
): { url: string } | { b64_json: string } {
  if (order.delivery === 'b64_json') return { b64_json: bytes.toString('base64') }
  return { url: publish(bytes, order.format, order.model.family === 'seedream') }
}

/** The size of an order as the API writes it. */
export function sizeOf({ pixels }: SandboxOrder): string {
  return `${pixels.width}x${pixels.height}`
}

/** The background of an order, decided. */
export function backgroundOf({ transparent }: SandboxOrder): 'transparent' | 'opaque' {
  return transparent ? 'transparent' : 'opaque'
}

/** Now, as the API counts it. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** dall-e-3 always tells what it made of the prompt. */
function revised(prompt: string): string {
  return `${prompt.trim().replace(/[.。]$/, '')}, as a flat illustration with soft light and layered depth.`
}

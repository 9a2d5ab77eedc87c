import type { Random } from './random.ts'

/** The prompt of an order, by which the upstream knows it again. */
export const promptOf = (id: number): string => `a paper boat #${id}#`

/** The order in a body that has come upstream; undefined where its prompt was spoiled. */
export function orderIn(body: Buffer): number | undefined {
  const id = /a paper boat #(\d+)#/.exec(body.toString('latin1'))?.[1]
  return id === undefined ? undefined : Number(id)
}

const MODELS = ['gpt-image-1', 'gpt-image-2', 'dall-e-2', 'dall-e-3', 'qwen-image', 'an-unknown-model']
const NAMES = ['n', 'size', 'quality', 'response_format', 'background', 'stream', 'user', 'model', '__proto__', 'x-new']
const HOSTILE = [
  0,
  1,
  -1,
  Number.MAX_VALUE,
  0.5,
  '',
  '\u0000',
  '\ud800',
  'auto',
  '1024x1024',
  true,
  null,
  [],
  {},
  [[[]]],
  'b64_json',
]

/** A body of JSON: an order as it should be, with something that no model takes, or one that is spoiled or huge. */
export function jsonBody(random: Random, id: number): Buffer {
  const order: Record<string, unknown> = { model: random.pick(MODELS), prompt: promptOf(id) }
  if (random.percent(50)) order[random.pick(NAMES)] = random.pick(HOSTILE)
  if (random.percent(10)) order['user'] = 'x'.repeat(random.size(3_000_000))
  if (random.percent(3)) order['data'] = Array.from({ length: random.size(50_000) }, () => random.pick(HOSTILE))
  const text = JSON.stringify(order)
  if (random.percent(3)) return Buffer.from('{"prompt":'.repeat(random.size(300_000)))
  if (random.percent(3)) return Buffer.from(`\ufeff${text}`)
  const body = Buffer.from(random.percent(3) ? `${text}${text}` : text)
  return random.percent(25) ? random.spoiled(body) : body
}

/** A body of JSON with images as URLs. */
export function jsonEdit(random: Random, id: number, picture: Buffer): Buffer {
  const data = `data:image/png;base64,${picture.toString('base64')}${'A'.repeat(random.size(500_000))}`
  const url = random.pick([data, data, 'https://example.com/a.png', 'data:,', 'file:///etc/passwd', ''])
  const images = Array.from({ length: random.size(20) }, () => ({ image_url: url }))
  const body = Buffer.from(JSON.stringify({ model: 'gpt-image-2', prompt: promptOf(id), images }))
  return random.percent(40) ? random.spoiled(body) : body
}

export const BOUNDARY = 'fuzz-boundary'

/** A form of an edit or a variation: as it should be, with other parts, or spoiled. */
export function formBody(random: Random, id: number, picture: Buffer): Buffer {
  const filler = Buffer.alloc(random.percent(10) ? random.size(3_000_000) : 0, '-')
  const file = Buffer.concat([picture, filler])
  const parts = [
    part('form-data; name="model"', Buffer.from(random.pick(MODELS))),
    part('form-data; name="prompt"', Buffer.from(promptOf(id))),
    part('form-data; name="image"; filename="a.png"', file, 'image/png'),
  ]
  while (random.percent(40)) {
    const name = random.pick([...NAMES, 'mask', 'image[]', 'image[0]', 'prompt', ''])
    const value = random.pick([Buffer.from('1'), Buffer.from('True'), picture, random.bytes(20), Buffer.alloc(0)])
    const isFile = random.percent(30) ? '; filename="b.png"' : ''
    parts.push(part(`form-data; name="${name}"${isFile}`, value))
  }
  const end = Buffer.from(random.percent(90) ? `--${BOUNDARY}--\r\n` : `--${BOUNDARY}\r\n`)
  const body = Buffer.concat([...parts, end])
  return random.percent(50) ? random.spoiled(body) : body
}

function part(disposition: string, data: Buffer, type?: string): Buffer {
  const typed = type === undefined ? '' : `content-type: ${type}\r\n`
  const head = `--${BOUNDARY}\r\ncontent-disposition: ${disposition}\r\n${typed}\r\n`
  return Buffer.concat([Buffer.from(head), data, Buffer.from('\r\n')])
}

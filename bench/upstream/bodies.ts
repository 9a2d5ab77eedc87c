/** Bodies of requests and answers, as an image API has them. */

const USAGE = {
  input_tokens: 16,
  input_tokens_details: { text_tokens: 16, image_tokens: 0 },
  output_tokens: 196,
  total_tokens: 212,
}

/** An answer with one picture of so many base64 characters, which are not all equal, so that a hash tells bytes apart. */
export function answerOf(characters: number): string {
  const data = [{ b64_json: base64Of(characters) }]
  return JSON.stringify({
    created: 1,
    background: 'opaque',
    output_format: 'png',
    quality: 'low',
    size: '1024x1024',
    usage: USAGE,
    data,
  })
}

/** One event of a stream: a partial image, or with `isLast` the finished one. */
export function eventOf(characters: number, index: number, isLast: boolean, sentAt?: string): string {
  const type = `image_generation.${isLast ? 'completed' : 'partial_image'}`
  const rest = isLast ? { usage: USAGE } : { partial_image_index: index }
  const data = { type, ...(sentAt === undefined ? {} : { sent_at: sentAt }), ...rest, b64_json: base64Of(characters) }
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

export const PNG_MARK = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
export const BOUNDARY = 'benchmark-0123456789'
/** The prompt of an upload whose image the upstream sums up. */
export const CHECK_PROMPT = 'sum up this image'

/** An edit with one image of so many bytes. */
export function uploadOf(imageBytes: number, prompt: string): Buffer {
  const field = (head: string, value: Buffer | string): Buffer[] => [
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]
  return Buffer.concat([
    ...field('name="model"', 'gpt-image-2'),
    ...field('name="prompt"', prompt),
    ...field('name="image"; filename="boat.png"\r\ncontent-type: image/png', imageOf(imageBytes)),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ])
}

/** The head of a PNG and noise after it. */
export function imageOf(bytes: number): Buffer {
  const head = Buffer.concat([PNG_MARK, Buffer.from('0000000d49484452000000400000004008060000', 'hex')])
  return Buffer.concat([head, noise(bytes - head.length)])
}

function base64Of(characters: number): string {
  return noise(Math.ceil((characters * 3) / 4))
    .toString('base64')
    .slice(0, characters)
}

/** The same pseudo-random bytes in each process (xorshift), a block of 64 KiB repeated with its number in front. */
function noise(bytes: number): Buffer {
  const block = Buffer.alloc(65_536)
  for (let at = 0, state = 2_463_534_242; at < block.length; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    block.writeInt32LE(state | 0, at)
  }
  const whole = Buffer.alloc(Math.max(0, bytes), block)
  for (let at = 0; at + 4 <= whole.length; at += block.length) whole.writeUInt32LE(at, at)
  return whole
}

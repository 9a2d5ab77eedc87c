import { describe, expect, it } from 'vitest'
import { JsonTap } from '../../../src/gateway/answers/json-tap.ts'
import { SseTap } from '../../../src/gateway/answers/sse-tap.ts'
import { memory } from '../../helpers/memory.ts'

const MIB = 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 'iVBORw0KGgo')
/** 50 MiB in chunks, none of which exists before it is asked for. */
const CHUNKS = 800

const USAGE = '{"input_tokens":16,"output_tokens":208,"total_tokens":224}'

/** Writes 50 MiB between a beginning and an end; gives the tap and how much the process grew. */
async function writeLong(
  beginning: string,
  end: string,
  chunk: Buffer = CHUNK,
): Promise<{ tap: JsonTap; grown: number }> {
  const tap = new JsonTap()
  tap.write(Buffer.from(beginning))
  const before = (await memory()).heldBytes
  for (let index = 0; index < CHUNKS; index++) tap.write(Buffer.from(chunk))
  const grown = (await memory()).heldBytes - before
  tap.write(Buffer.from(end))
  return { tap, grown }
}

describe('the memory of a tap does not grow with', () => {
  it.each([
    [
      'an image of 50 MiB',
      '{"data":[{"b64_json":"',
      `"}],"usage":${USAGE}}`,
      { images: 1, usage: { outputTokens: 208 } },
    ],
    ['a name of 50 MiB', '{"', `":1,"usage":${USAGE}}`, { usage: { outputTokens: 208 } }],
    ['a usage of 50 MiB', '{"usage":{"note":"', '"},"data":[{"url":"a"}]}', { images: 1, usage: undefined }],
    ['an error of 50 MiB', '{"error":{"message":"', '"},"data":[]}', { error: true, elements: 0 }],
    ['a size of 50 MiB', '{"size":"', '","data":[{"url":"a"}]}', { images: 1, size: undefined }],
    ['a revised prompt of 50 MiB', '{"data":[{"revised_prompt":"', `"}],"usage":${USAGE}}`, { images: 0, elements: 1 }],
  ])('%s', async (_what, beginning, end, facts) => {
    const { tap, grown } = await writeLong(beginning, end)
    expect(grown).toBeLessThan(MIB)
    expect(tap.facts()).toMatchObject({ isObject: true, isComplete: true, ...facts })
  })

  it('fifty thousand images', async () => {
    const one = Buffer.from('{"b64_json":"AAAA"},')
    const { tap, grown } = await writeLong(
      '{"data":[',
      `{"url":"a"}],"usage":${USAGE}}`,
      Buffer.concat(Array<Buffer>(64).fill(one)),
    )
    expect(grown).toBeLessThan(MIB)
    expect(tap.facts()).toMatchObject({ isComplete: true, elements: 51_201, images: 51_201 })
  })
})

describe('a stream of events', () => {
  it('keeps nothing of an image of megabytes', async () => {
    const tap = new SseTap(() => {})
    const chunk = Buffer.alloc(65_536, 'A')
    tap.write(Buffer.from('data: {"type":"image_generation.completed","b64_json":"'))
    const before = (await memory()).heldBytes
    for (let count = 0; count < 4096; count++) tap.write(chunk)
    expect((await memory()).heldBytes - before).toBeLessThan(16_000_000)
    tap.write(Buffer.from('","usage":{"total_tokens":3,"input_tokens":1,"output_tokens":2}}\n\n'))
    expect(tap.facts()).toMatchObject({ images: 1, usage: { totalTokens: 3 } })
  })
})

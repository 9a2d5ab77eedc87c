import { JsonTap } from '../../src/gateway/answers/json-tap.ts'
import { SseTap } from '../../src/gateway/answers/sse-tap.ts'
import { answerOf, eventOf } from '../upstream/bodies.ts'
import type { Suite } from './part.ts'

const PICTURE = 2_000_000
/** As they come from a connection. */
const CHUNK_BYTES = 65_536

/** The readers that watch an answer pass. */
export function taps(): Promise<Suite> {
  const answer = chunksOf(answerOf(PICTURE))
  const small = chunksOf(answerOf(300))
  const stream = chunksOf([0, 1, 2, 3].map((index) => eventOf(PICTURE, index, index === 3)).join(''))
  return Promise.resolve({
    parts: [
      { title: 'JSON tap, answer of 2 MB in chunks of 64 KiB', bytes: bytesOf(answer), run: () => readJson(answer) },
      { title: 'JSON tap, answer of 0.5 KB', bytes: bytesOf(small), run: () => readJson(small) },
      {
        title: 'event tap, 4 events of 2 MB in chunks of 64 KiB',
        bytes: bytesOf(stream),
        run: () => readEvents(stream),
      },
    ],
  })
}

function readJson(chunks: readonly Buffer[]): unknown {
  const tap = new JsonTap()
  for (const chunk of chunks) tap.write(chunk)
  return tap.facts()
}

function readEvents(chunks: readonly Buffer[]): number {
  let events = 0
  const tap = new SseTap(() => events++)
  for (const chunk of chunks) tap.write(chunk)
  return events
}

function chunksOf(text: string): Buffer[] {
  const whole = Buffer.from(text)
  const count = Math.ceil(whole.length / CHUNK_BYTES)
  return Array.from({ length: count }, (_, index) => whole.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))
}

const bytesOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

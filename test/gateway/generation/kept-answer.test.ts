import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { ReplayDelivery } from '../../../src/gateway/generation/replay-delivery.ts'
import { KeptAnswers } from '../../../src/gateway/generation/kept-answers.ts'
import { SpoolDirectory } from '../../../src/spool/spool-file.ts'
import { eventually } from '../../helpers/eventually.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { turns } from '../../helpers/time/turns.ts'
import type { AnswerSink } from '../../../src/gateway/answers/answer.ts'
import type { DeliverySource } from '../../../src/gateway/generation/delivery.ts'
import type { KeptAnswer } from '../../../src/gateway/generation/kept-answer.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)

function keptAnswers(maxDiskBytes = 1e9): KeptAnswers {
  return new KeptAnswers({ directory: new SpoolDirectory(path), maxDiskBytes, maxFiles: 1000 })
}

/** The generation behind an answer, as far as its readers see it. */
const source: DeliverySource = {
  ending: undefined,
  isComplete: false,
  now: () => 0,
  steer: () => {},
  clientLeft: () => {},
}

interface Reader {
  readonly done: Promise<'end' | 'abort'>
  text(): string
}

/** Reads a kept answer; a slow reader asks for more only a while after it was given something. */
function read(kept: KeptAnswer, isSlow: boolean): Reader {
  const chunks: Buffer[] = []
  let finish: (how: 'end' | 'abort') => void = () => {}
  const done = new Promise<'end' | 'abort'>((resolve) => (finish = resolve))
  const sink: AnswerSink = {
    write: (chunk) => {
      chunks.push(Buffer.from(chunk))
      if (isSlow) setTimeout(() => replay.resume(), 1)
      return !isSlow
    },
    end: () => finish('end'),
    abort: () => finish('abort'),
  }
  const replay = new ReplayDelivery(source, kept)
  replay.flowInto(sink)
  return { done, text: () => Buffer.concat(chunks).toString('latin1') }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append'), bytes: fc.integer({ min: 0, max: 300_000 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spill'), bytes: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('read'), bytes: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), bytes: fc.constant(0) }) },
)

describe('what is kept of an answer', () => {
  it('is given to every reader from its first byte, in memory and on disk, whenever they come and however they read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.constantFrom('complete', 'cut'), async (steps, end) => {
        const all = keptAnswers()
        const kept = all.create()
        const readers: Reader[] = [read(kept, false)]
        let whole = ''
        for (const { do: what, bytes } of steps) {
          const chunk = Buffer.alloc(bytes, String(whole.length % 10))
          if (what === 'append') kept.append(chunk)
          if (what === 'append') whole += chunk.toString('latin1')
          if (what === 'spill') kept.spill()
          if (what === 'read') readers.push(read(kept, bytes === 1))
          if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 1))
        }
        kept.close(end)
        readers.push(read(kept, true))
        for (const reader of readers) {
          expect(await reader.done).toBe(end === 'complete' ? 'end' : 'abort')
          expect(reader.text() === whole).toBe(true)
        }
        expect(all.memoryBytes + all.diskBytes).toBe(whole.length)
        kept.discard()
        expect([all.memoryBytes, all.diskBytes]).toEqual([0, 0])
      }),
      { numRuns: 60 },
    )
    await eventually('its files have no names', () => expect(readdirSync(path)).toEqual([]))
  })

  it('cuts its readers where it is given up before they have all of it', async () => {
    const kept = keptAnswers().create()
    kept.append(Buffer.alloc(1000, 'a'))
    const reader = read(kept, true)
    await turns()
    kept.discard()
    expect(await reader.done).toBe('abort')
    expect(kept.isWhole).toBe(false)
  })

  it('holds the upstream back while the disk lags, and lets it go on afterwards', async () => {
    const kept = keptAnswers().create()
    let drained = 0
    kept.owner = { isReadSlowly: false, diskDrained: () => void drained++ }
    kept.spill()
    kept.append(Buffer.alloc(1000))
    expect(kept.isKeepingUp).toBe(true)
    kept.append(Buffer.alloc(1_000_000))
    expect(kept.isKeepingUp).toBe(false)
    const reader = read(kept, false)
    kept.close('complete')
    expect(await reader.done).toBe('end')
    await eventually('the disk has caught up', () => drained > 0)
    kept.discard()
  })
})

import * as fc from 'fast-check'
import { Counter as TheirCounter, Histogram as TheirHistogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { Counter, Histogram } from '../../src/telemetry/series.ts'
import type { Metric } from 'prom-client'

const LABELS = ['model', 'key'] as const
const BOUNDS = [0.1, 1, 10]
const texts = fc.constantFrom('gpt-image-2', 'other', 'a "quoted"\\one', '', '1')
const changes = fc.array(fc.tuple(texts, texts, fc.double({ min: 0, max: 20, noNaN: true })), { maxLength: 30 })

async function exposition(metric: unknown): Promise<string> {
  const registry = new Registry()
  registry.registerMetric(metric as Metric)
  return registry.metrics()
}

describe('series of our own', () => {
  it("come out as those of prom-client's counters do", async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const ours = new Counter({ name: 'sum_total', help: 'A sum.', labelNames: LABELS })
        const theirs = new TheirCounter({ name: 'sum_total', help: 'A sum.', labelNames: LABELS, registers: [] })
        for (const [model, key, value] of all) {
          ours.add([model, key], value)
          theirs.inc({ model, key }, value)
        }
        expect(await exposition(ours)).toBe(await exposition(theirs))
      }),
    )
  })

  it("come out as those of prom-client's histograms do", async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const options = { name: 'some_seconds', help: 'Some.', labelNames: LABELS }
        const ours = new Histogram(options, BOUNDS)
        const theirs = new TheirHistogram({ ...options, buckets: BOUNDS, registers: [] })
        for (const [model, key, value] of [...all, ...BOUNDS.map((bound) => ['on', 'a bound', bound] as const)]) {
          ours.observe([model, key], value)
          theirs.observe({ model, key }, value)
        }
        expect(await exposition(ours)).toBe(await exposition(theirs))
      }),
    )
  })

  it('are not mixed up where values of neighbouring labels look alike together', async () => {
    const counter = new Counter({ name: 'sum_total', help: 'A sum.', labelNames: LABELS })
    counter.add(['a', 'b|c'], 1)
    counter.add(['a|b', 'c'], 2)
    expect(counter.get().values.map(({ value }) => value)).toEqual([1, 2])
  })
})

import { parseArgs, styleText } from 'node:util'
import { Bench } from 'tinybench'
import { handler } from './handler.ts'
import { money } from './money.ts'
import { rules } from './rules.ts'
import { taps } from './taps.ts'
import type { Part, Suite } from './part.ts'

/**
 * npm run bench:micro [-- --only taps,rules] [--seconds 1]: parts of the gateway alone, in this process. Ends with 1
 * when a part fails.
 */
const SUITES: Readonly<Record<string, () => Promise<Suite>>> = { taps, rules, money, handler }
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SUITES).join(',') },
    seconds: { type: 'string', default: '1' },
  },
})
const TITLE_WIDTH = 50
const WARM_UP_MS = 300

for (const name of values.only.split(',')) {
  const open = SUITES[name]
  if (open === undefined) throw new Error(`There is no suite '${name}'. There are: ${Object.keys(SUITES).join(', ')}.`)
  const heads = ['median', 'mean', 'p99'].map((head) => head.padStart(10)).join(' ')
  console.log(`${styleText('bold', name.padEnd(TITLE_WIDTH + 2))} ${heads}`)
  const suite = await open()
  for (const part of suite.parts) await measure(part)
  await suite.close?.()
}

/** Prints microseconds for each request. */
async function measure({ title, run, requests = 1, bytes }: Part): Promise<void> {
  const time = Number(values.seconds) * 1000
  const bench = new Bench({ time, warmupTime: WARM_UP_MS, throws: true })
  await bench.add(title, run).run()
  const result = bench.tasks[0]?.result
  if (result === undefined || !('latency' in result)) throw new Error(`${title} gave no figures`)
  const { p50, mean, p99 } = result.latency
  const micros = [p50, mean, p99].map((ms) => `${((ms * 1000) / requests).toFixed(2)} µs`.padStart(10)).join(' ')
  const rate = bytes === undefined ? '' : `${(bytes / p50 / 1e6).toFixed(1)} GB/s`.padStart(11)
  console.log(`  ${title.padEnd(TITLE_WIDTH)} ${micros} ${rate}`)
}

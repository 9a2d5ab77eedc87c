import { parseArgs } from 'node:util'
import { fuzzBadBodies } from './bad-bodies.ts'

/** npm run fuzz -- --runs 100000 --seed 1 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const runs = Number(values.runs)
const seed = Number(values.seed)
const startedAt = performance.now()

const { sent, byStatus, failures } = await fuzzBadBodies(runs, seed, (done) => {
  if (done % 9600 === 0) console.log(`  ${done} of ${runs}`)
})
console.log(
  `${sent} bad bodies (seed ${seed}) in ${((performance.now() - startedAt) / 1000).toFixed(1)} s; statuses ${JSON.stringify(byStatus)}`,
)
for (const failure of failures) console.error(`FAILED ${failure}`)
console.log(
  failures.length === 0
    ? 'none reached the upstream, none got a 5xx, the gateway is still alive'
    : `${failures.length} failures`,
)
process.exitCode = failures.length === 0 ? 0 : 1

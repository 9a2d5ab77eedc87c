import { parseArgs } from 'node:util'
import { fuzzBadBodies } from './bad-bodies.ts'
import { fuzzWire } from './wire/fuzz.ts'

/**
 * npm run fuzz -- [--bodies 100000] [--requests 20000] [--seed 1]: bad bodies, none of which may reach the upstream, then
 * whole requests, with what an upstream answers to them, to a gateway whose memory is bounded. Exit code 1 where one failed.
 */
const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '100000' },
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
})
const [bodies, requests, seed] = [Number(values.bodies), Number(values.requests), Number(values.seed)]
if (values.help || ![bodies, requests, seed].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  console.error('usage: npm run fuzz -- [--bodies N] [--requests N] [--seed N]')
  process.exit(values.help ? 0 : 64)
}

/** The most memory that the gateway may hold while it is sent whole requests. */
const MAX_BYTES = 300_000_000
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

const failures: string[] = []
const startedAt = performance.now()
const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`

if (bodies > 0) {
  const result = await fuzzBadBodies(bodies, seed, (done) => {
    if (done % 9600 === 0) console.log(`  ${done} of ${bodies} bodies`)
  })
  console.log(`${result.sent} bad bodies (seed ${seed}), ${seconds()}: ${JSON.stringify(result.byStatus)}`)
  failures.push(...result.failures)
}
if (requests > 0) {
  const onProgress = (sent: number, mostBytes: number): void => {
    if (sent % 2000 === 0) console.log(`  ${sent} of ${requests} requests, at most ${megabytes(mostBytes)}`)
  }
  const result = await fuzzWire({ runs: requests, seed, maxBytes: MAX_BYTES, onProgress })
  const { sent, purchases, mostBytes, byStatus } = result
  const facts = `${purchases} purchases, at most ${megabytes(mostBytes)} of memory`
  console.log(`${sent} requests (seed ${seed}), ${seconds()}: ${JSON.stringify(byStatus)}, ${facts}`)
  failures.push(...result.failures)
}

for (const failure of failures) console.error(`FAILED ${failure}`)
console.log(
  failures.length === 0
    ? 'none got a 5xx that was not the upstream’s, nothing refused was bought, and the memory stayed in its bounds'
    : `${failures.length} failures`,
)
process.exitCode = failures.length === 0 ? 0 : 1

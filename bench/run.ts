import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LARGE_BUFFERS, onCore, peakMemoryMb, startGateway, startProxy, startUpstream, untilReady } from './machines.ts'
import type { Machine } from './machines.ts'

/**
 * npm run bench [-- --short]: the gateway against nginx on one core, in turns, so that a noisy machine is noisy for
 * both. Compare the ratios, not the absolute figures. Needs nginx and wrk.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const ROUNDS = values.short ? 3 : 8
const SECONDS = values.short ? 1 : 3
/** A gateway that has just started runs code that V8 has not compiled yet; nginx needs no warm-up. */
const WARM_UP_SECONDS = 5
const ORDER =
  '{"model":"gpt-image-2","prompt":"A paper boat floating on calm water at sunrise.","size":"1024x1024","quality":"low"}'
const HEADERS = { 'content-type': 'application/json', authorization: 'Bearer sk-gw-bench-0123456789' }

for (const tool of ['nginx', 'wrk']) {
  if (spawnSync(tool, ['-v']).error !== undefined) {
    console.error(`The benchmark needs ${tool} (Debian: apt-get install nginx-light wrk).`)
    process.exit(1)
  }
}

function answerOf(bytes: number): Buffer {
  const answer = {
    created: 1,
    quality: 'low',
    size: '1024x1024',
    usage: { input_tokens: 16, output_tokens: 196, total_tokens: 212 },
    data: [{ b64_json: 'A'.repeat(bytes) }],
  }
  return Buffer.from(JSON.stringify(answer))
}

/** Requests per second of one round of wrk. */
function load({ url }: Machine, connections: number, seconds: number): number {
  const script = join(mkdtempSync(join(tmpdir(), 'comet-bench-')), 'post.lua')
  const headers = Object.entries(HEADERS).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = '${ORDER}'\n${headers.join('\n')}\n`)
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${url}/v1/images/generations`]
  const [program, all] = onCore(1, 'wrk', args)
  const text = execFileSync(program, all, { encoding: 'utf8' })
  if (text.includes('Non-2xx')) throw new Error(`${url} answered errors:\n${text}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1])
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** Loads each machine in turn, round by round; the first round warms up and does not count. */
function compare(
  machines: Readonly<Record<string, Machine>>,
  connections: number,
  unit: string,
  perRequest: number,
): void {
  const results = new Map(Object.keys(machines).map((name) => [name, [] as number[]]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, machine] of Object.entries(machines)) {
      const rate = load(machine, connections, round === 0 ? WARM_UP_SECONDS : SECONDS) * perRequest
      if (round > 0) results.get(name)?.push(rate)
    }
  }
  const gateway = median(results.get('gateway') ?? [])
  for (const [name, rates] of results) {
    const ratio = name === 'gateway' ? '' : `   gateway / ${name} = ${(gateway / median(rates)).toFixed(2)}`
    console.log(
      `  ${name.padEnd(24)} median ${median(rates).toFixed(0).padStart(7)} ${unit}, best ${Math.max(...rates)
        .toFixed(0)
        .padStart(7)}${ratio}`,
    )
  }
}

/** Runs one scenario with an upstream that answers `bytes`, and stops every machine afterwards. */
async function scenario(
  title: string,
  bytes: number,
  body: (upstream: Machine, add: (machine: Machine) => Promise<Machine>) => Promise<void>,
): Promise<void> {
  console.log(`\n${title}`)
  const machines: Machine[] = []
  const add = async (machine: Machine): Promise<Machine> => {
    machines.push(machine)
    await untilReady(machine)
    return machine
  }
  try {
    await body(await add(startUpstream(9100, answerOf(bytes))), add)
  } finally {
    for (const machine of machines) machine.stop()
    await new Promise((wait) => setTimeout(wait, 300))
  }
}

await scenario('Small answers (0.5 KB), one core, 64 connections', 300, async ({ url }, add) => {
  const plain = await add(startProxy(9201, url))
  const gateway = await add(startGateway(9300, url))
  compare({ 'nginx proxy_pass': plain, gateway }, 64, 'requests/s', 1)
})

await scenario('Answers of 2 MB, one core, 8 connections', 2_000_000, async ({ url }, add) => {
  const buffered = await add(startProxy(9202, url, LARGE_BUFFERS))
  const gateway = await add(startGateway(9301, url))
  compare({ 'nginx, large buffers': buffered, gateway }, 8, 'MB/s', 2)
})

await scenario('32 answers of 20 MB at once', 20_000_000, async ({ url }, add) => {
  const gateway = await add(startGateway(9302, url))
  const startedAt = peakMemoryMb(gateway)
  const sizes = await Promise.all(
    Array.from({ length: 32 }, async () => {
      const response = await fetch(`${gateway.url}/v1/images/generations`, {
        method: 'POST',
        headers: HEADERS,
        body: ORDER,
      })
      let bytes = 0
      for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length
      return bytes
    }),
  )
  const whole = sizes.filter((size) => size > 20_000_000).length
  console.log(`  ${whole} of 32 arrived whole; peak memory ${peakMemoryMb(gateway)} MB (${startedAt} MB idle)`)
})

console.log('\nFrom `node src/main.ts` to the first answer')
const times: number[] = []
for (let round = 0; round < 5; round++) {
  const gateway = startGateway(9303, 'http://127.0.0.1:1')
  times.push(await untilReady(gateway, '/readyz'))
  gateway.stop()
  await new Promise((wait) => gateway.process.once('close', wait))
}
console.log(`  median ${median(times).toFixed(0)} ms, best ${Math.min(...times).toFixed(0)} ms`)

await import('./flows.ts')

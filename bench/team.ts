import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkedSettings } from '../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../src/access/keys/virtual-keys.ts'
import { Store } from '../src/stores/sqlite/store.ts'
import { onCore, startGateway, startUpstream, untilReady } from './machines.ts'
import type { Machine } from './machines.ts'

/**
 * npx node bench/team.ts [--short]: the cost of virtual keys, budget and ledger per request, through the real gateway:
 * CPU time of its process with the database on and off, in turns. Needs nginx, wrk and /proc.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const ROUNDS = values.short ? 2 : 6
const SECONDS = values.short ? 1 : 4
const WARM_UP_SECONDS = values.short ? 1 : 5
const GOAL_MICROS = 60
/** Clock ticks of /proc/PID/stat a second (sysconf(_SC_CLK_TCK)). */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const KEY = 'sk-gw-bench-0123456789'
const ORDER = '{"model":"gpt-image-2","prompt":"A paper boat on calm water.","size":"1024x1024","quality":"low"}'
const usage = { input_tokens: 16, output_tokens: 196, total_tokens: 212 }
const ANSWER = JSON.stringify({
  created: 1,
  quality: 'low',
  size: '1024x1024',
  usage,
  data: [{ b64_json: 'A'.repeat(300) }],
})

interface Side {
  readonly machine: Machine
  readonly script: string
  /** Microseconds of CPU per request, one number a round. */
  readonly costs: number[]
  requests: number
}

const directory = mkdtempSync(join(tmpdir(), 'comet-bench-'))
const upstream = startUpstream(9120, Buffer.from(ANSWER))
const sides = { on: await startOn(), off: startOff() }
try {
  for (const { url } of [upstream, sides.on.machine, sides.off.machine]) await untilReady({ ...upstream, url })
  for (const connections of [64, 8, 1]) compare(connections)
} finally {
  for (const machine of [upstream, sides.on.machine, sides.off.machine]) machine.stop()
}
checkLedger()

async function startOn(): Promise<Side> {
  const store = Store.forServing(directory)
  const settings = checkedSettings({ name: 'bench', budget: { limitMicros: 1e12, period: 'month' }, maxInFlight: 1000 })
  const { secret } = await new VirtualKeys(store.keys).create(settings, Date.now())
  store.close()
  const environment = { DATABASE: 'true', DATA_DIR: directory, GATEWAY_KEYS: '' }
  return side('on', startGateway(9320, upstream.url, environment), secret)
}

function startOff(): Side {
  const environment = { DATABASE: 'false', DATA_DIR: directory, GATEWAY_KEYS: `bench=${KEY}` }
  return side('off', startGateway(9321, upstream.url, environment), KEY)
}

function side(name: string, machine: Machine, secret: string): Side {
  const script = join(directory, `${name}.lua`)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  const lines = Object.entries(headers).map(([header, value]) => `wrk.headers["${header}"] = "${value}"`)
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = '${ORDER}'\n${lines.join('\n')}\n`)
  return { machine, script, costs: [], requests: 0 }
}

/** Seconds of CPU that a process has used: fields 14 and 15 of /proc/PID/stat. */
function cpuSeconds({ process: { pid } }: Machine): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Microseconds of the gateway's CPU per request in one round. */
function round(one: Side, connections: number, seconds: number): number {
  const before = cpuSeconds(one.machine)
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '-s',
    one.script,
    `${one.machine.url}/v1/images/generations`,
  ]
  const [program, all] = onCore(1, 'wrk', args)
  const text = execFileSync(program, all, { encoding: 'utf8' })
  if (text.includes('Non-2xx')) throw new Error(`${one.machine.url} answered errors:\n${text}`)
  const requests = Number(/(\d+) requests in/.exec(text)?.[1])
  one.requests += requests
  return ((cpuSeconds(one.machine) - before) / requests) * 1e6
}

function compare(connections: number): void {
  for (const one of [sides.on, sides.off]) {
    one.costs.length = 0
    round(one, connections, WARM_UP_SECONDS)
  }
  for (let index = 0; index < ROUNDS; index++)
    for (const one of [sides.on, sides.off]) one.costs.push(round(one, connections, SECONDS))
  const differences = sides.on.costs.map((cost, index) => cost - (sides.off.costs[index] ?? 0))
  const [on, off, difference] = [sides.on.costs, sides.off.costs, differences].map(median)
  const parts = [
    `${String(connections).padStart(3)} connections: ${shown(on)} µs with the database, ${shown(off)} µs without`,
    `ratio ${((on ?? 0) / (off ?? 1)).toFixed(2)}`,
    `difference ${shown(difference)} µs (${differences.map((each) => each.toFixed(0)).join(' ')}; goal ${GOAL_MICROS})`,
  ]
  console.log(parts.join(' · '))
}

/** Fails where the ledger lacks a request: the measurement would be worth nothing. */
function checkLedger(): void {
  const store = Store.forCommand(directory, { create: false })
  const rows = store.reports.usage({ by: 'key', sinceDay: 0 }).reduce((sum, { generations }) => sum + generations, 0)
  store.close()
  rmSync(directory, { recursive: true })
  console.log(`${sides.on.requests} requests were measured with the database on; the ledger has ${rows} rows`)
  if (rows < sides.on.requests) process.exitCode = 1
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

function shown(micros: number | undefined): string {
  return (micros ?? Number.NaN).toFixed(1)
}

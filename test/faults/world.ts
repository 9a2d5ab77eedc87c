import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { startGateway } from '../helpers/gateway.ts'
import { Client } from './client.ts'
import { answers, FaultyUpstream } from './faulty-upstream.ts'
import type { IncomingMessage } from 'node:http'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Payload, SendOptions, Sent } from './client.ts'
import type { Act, RawAct } from './faulty-upstream.ts'

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const SCRAPER = new Agent({ keepAlive: true })

export const ORDER = { model: 'gpt-image-2', prompt: 'a paper boat', size: '1024x1024', quality: 'low' }

/** An order as JSON. */
export function order(changes: Readonly<Record<string, unknown>> = {}): Payload {
  const body = JSON.stringify({ ...ORDER, ...changes })
  return { path: '/v1/images/generations', contentType: 'application/json', body }
}

export interface WorldOptions {
  readonly act?: Act
  /** Takes connections and reads nothing. */
  readonly rawAct?: RawAct
  /** Nothing listens where the upstream should be. */
  readonly isDown?: boolean
  readonly scheme?: 'http' | 'https'
  readonly environment?: Readonly<Record<string, string>>
}

/** Files that this process holds open in a spool directory; they have no name any more. */
export function openSpoolFiles(dataDir: string, pid: number | 'self' = 'self'): number {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).filter((fd) => {
    try {
      return readlinkSync(join(directory, fd)).startsWith(`${dataDir}/spool/`)
    } catch {
      return false // closed meanwhile
    }
  }).length
}

/** An upstream, a gateway in front of it and its clients: one case of the table. */
export class World {
  readonly upstream: FaultyUpstream
  readonly gateway: TestGateway
  readonly dataDir: string
  /** Requests come to the upstream, or at least connections. */
  readonly isReachable: boolean
  readonly #clients: Client[] = []

  constructor(upstream: FaultyUpstream, gateway: TestGateway, dataDir: string, isReachable: boolean) {
    this.upstream = upstream
    this.gateway = gateway
    this.dataDir = dataDir
    this.isReachable = isReachable
  }

  static async open(options: WorldOptions = {}): Promise<World> {
    const { act = answers(), rawAct, isDown = false, scheme = 'http', environment } = options
    const upstream = new FaultyUpstream(act, rawAct)
    await upstream.listen()
    if (isDown) upstream.refuse()
    const dataDir = mkdtempSync(join(tmpdir(), 'comet-faults-'))
    const gateway = await startGateway(`${scheme}://127.0.0.1:${upstream.port}`, {
      DATA_DIR: dataDir,
      UPSTREAM_TIMEOUT_MS: '15000',
      UPSTREAM_CONNECT_TIMEOUT_MS: '150',
      ORPHAN_TTL_MS: '2000',
      ...environment,
    })
    return new World(upstream, gateway, dataDir, !isDown && scheme === 'http')
  }

  /** Sends from a client of its own. */
  send(payload: Payload = order(), options: SendOptions = {}): Sent {
    const client = new Client(this.gateway.url)
    this.#clients.push(client)
    return client.send(payload, options)
  }

  /** Sends, waits until the request is upstream, and leaves; comes back when the gateway has noticed. */
  async sendAndLeave(payload: Payload = order(), options: SendOptions = {}): Promise<void> {
    const { orphans } = await this.gauges()
    const { arrivals } = this.upstream
    const sent = this.send(payload, options)
    await until(() => this.upstream.arrivals > arrivals, 'the order arrives upstream')
    sent.leave()
    await until(async () => (await this.gauges()).orphans > orphans, 'the gateway notices')
  }

  /** No generation is under way any more. */
  async idle(): Promise<void> {
    await until(async () => (await this.gauges()).inFlight === 0, 'everything has settled')
  }

  /** What is booked for one key, in micro-USD. */
  async bookedMicros(key = 'anonymous', model = 'gpt-image-2'): Promise<number> {
    const metrics = await this.#scrape()
    return Math.round(sumOf(metrics, `comet_cost_usd_total{model="${model}",key="${key}"}`) * 1e6)
  }

  /** The most that an order can cost, in micro-USD. */
  async highestMicros(payload: Payload = order()): Promise<number> {
    const response = await this.gateway.post(payload.body, { 'content-type': payload.contentType }, '/gateway/check')
    const { highest_cost_usd: usd } = (await response.json()) as { highest_cost_usd: number }
    return Math.round(usd * 1e6)
  }

  /** Sums a counter over its labels. */
  async sum(name: string): Promise<number> {
    return sumOf(await this.#scrape(), name)
  }

  async gauges(): Promise<{ readonly inFlight: number; readonly orphans: number }> {
    const metrics = await this.#scrape()
    return { inFlight: sumOf(metrics, 'comet_in_flight'), orphans: sumOf(metrics, 'comet_orphans') }
  }

  /** Waits until nothing is left of what all of this took. @throws Error that names what is */
  async rest(): Promise<void> {
    for (const client of this.#clients) client.close()
    const left = async (): Promise<Record<string, number>> => ({
      ...(await this.gauges()),
      requestsUpstream: this.upstream.busy,
      spoolFiles: openSpoolFiles(this.dataDir),
    })
    let named: [string, number][] = []
    for (let tries = 0; tries < 160; tries++) {
      named = Object.entries(await left()).filter(([, count]) => count !== 0)
      if (named.length === 0) return
      await pause(50)
    }
    throw new Error(`left behind: ${JSON.stringify(Object.fromEntries(named))}`)
  }

  async #scrape(): Promise<string> {
    const [response] = (await once(get(`${this.gateway.url}/metrics`, { agent: SCRAPER }), 'response')) as [
      IncomingMessage,
    ]
    return text(response)
  }

  async close(): Promise<void> {
    this.upstream.before.open()
    this.upstream.middle.open()
    for (const client of this.#clients) client.close()
    await Promise.all([this.upstream.close(), this.gateway.close()])
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Waits until a condition holds, up to ten seconds; the machine may be busy with other things. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline) {
    if (await condition()) return
    await pause(8)
  }
  throw new Error(`never happened: ${what}`)
}

/** One test in a world of its own, which has to have nothing left at the end. */
export async function inWorld(options: WorldOptions, body: (world: World) => Promise<void>): Promise<void> {
  const world = await World.open(options)
  try {
    await body(world)
    await world.rest()
  } finally {
    await world.close()
  }
}

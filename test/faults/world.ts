import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { sumIn } from '../helpers/gateways/metrics.ts'
import { openFilesBelow } from '../helpers/open-files.ts'
import { openWorld } from '../helpers/world.ts'
import { Client } from './client.ts'
import { answers, FaultyUpstream, TIMEOUT_MS } from './faulty-upstream.ts'
import type { IncomingMessage } from 'node:http'
import type { ManualClock } from '../helpers/time/manual-clock.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { World } from '../helpers/world.ts'
import type { Payload, SendOptions, Sent } from './client.ts'
import type { Act, RawAct } from './faulty-upstream.ts'

const SCRAPER = new Agent({ keepAlive: true })

/** Longer than all that the clients of a test do. */
const ORPHAN_TTL_MS = 600_000

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
  /** The gateway's time; default one on which short waits end by themselves. */
  readonly clock?: ManualClock
  readonly environment?: Readonly<Record<string, string>>
}

/** Spooled uploads and answers that a gateway holds open; they have no name any more. */
export function openSpoolFiles(dataDir: string, pid: number | 'self' = 'self'): number {
  return openFilesBelow(join(dataDir, 'spool'), pid)
}

/** An upstream that fails, a gateway in front of it and its clients: one case of the table. */
export class FaultWorld {
  readonly upstream: FaultyUpstream
  readonly gateway: TestGateway
  readonly dataDir: string
  /** Requests come to the upstream, or at least connections. */
  readonly isReachable: boolean
  readonly #world: World<FaultyUpstream>
  readonly #clients: Client[] = []
  /** Of the clients whose connections the gateway has open. */
  readonly #ports = new Set<number>()

  constructor(world: World<FaultyUpstream>, gateway: TestGateway, isReachable: boolean) {
    this.#world = world
    this.upstream = world.upstream
    this.gateway = gateway
    this.dataDir = world.directory
    this.isReachable = isReachable
    gateway.app.server.server.on('connection', (socket) => {
      const { remotePort = 0 } = socket
      this.#ports.add(remotePort)
      socket.on('close', () => this.#ports.delete(remotePort))
    })
  }

  static async open(options: WorldOptions = {}): Promise<FaultWorld> {
    const { act = answers(), rawAct, clock, isDown = false, scheme = 'http', environment } = options
    const upstream = new FaultyUpstream(act, { rawAct, clock })
    await upstream.listen()
    if (isDown) upstream.refuse()
    const world = openWorld(upstream, {
      COMETAPI_BASE_URL: `${scheme}://127.0.0.1:${upstream.port}`,
      UPSTREAM_TIMEOUT_MS: String(TIMEOUT_MS),
      ORPHAN_TTL_MS: String(ORPHAN_TTL_MS),
      ...environment,
    })
    const gateway = await world.start({}, { clock: upstream.clock })
    return new FaultWorld(world, gateway, !isDown && scheme === 'http')
  }

  /** Sends from a client of its own. */
  send(payload: Payload = order(), options: SendOptions = {}): Sent {
    const client = new Client(this.gateway.url)
    this.#clients.push(client)
    return client.send(payload, options)
  }

  /** Sends, waits until the request is upstream, and leaves; comes back when the gateway has noticed. */
  async sendAndLeave(payload: Payload = order(), options: SendOptions = {}): Promise<void> {
    const { clientsLeft } = this
    const { arrivals } = this.upstream
    const sent = this.send(payload, options)
    await eventually('the order arrives upstream', () => this.upstream.arrivals > arrivals)
    sent.leave()
    await eventually('the gateway notices', () => this.clientsLeft > clientsLeft)
  }

  /** The time of the gateway goes forward. */
  async pass(ms: number): Promise<void> {
    await this.upstream.clock.advance(ms)
  }

  /** Waits until so many retries were given the answer of an earlier attempt. */
  async adopted(count: number): Promise<void> {
    await eventually(`${count} retries are adopted`, async () =>
      expect(await this.sum('comet_adoptions_total')).toBeGreaterThanOrEqual(count),
    )
  }

  /** The same, or until nothing is under way that could be adopted. */
  async adoptedOrOver(count: number): Promise<void> {
    await eventually(
      `${count} retries are adopted, or all is over`,
      async () => (await this.sum('comet_adoptions_total')) >= count || this.isOver(),
    )
  }

  /** Closes a client's connections, and comes back when the gateway has seen that. */
  async closes(client: Client): Promise<void> {
    client.close()
    await eventually('the gateway sees the connection close', () => {
      const open = client.ports.filter((port) => this.#ports.has(port))
      expect(open).toEqual([])
    })
  }

  /** Waits until so many exchanges have ended with an outcome. */
  async ended(outcome: 'completed' | 'client_left', count: number): Promise<void> {
    await eventually(`${count} exchanges end: ${outcome}`, () => expect(this.#linesOf(outcome)).toHaveLength(count))
  }

  #linesOf(outcome: string): readonly string[] {
    const words = ['"msg":"request"', `"outcome":"${outcome}"`, '"endpoint":"images.']
    return this.gateway.lines.filter((line) => words.every((word) => line.includes(word)))
  }

  /** Generations under way that can be adopted. The app itself tells: a scrape of the metrics takes much longer. */
  get underWay(): number {
    return this.gateway.app.underWay().length
  }

  /** Nothing is under way any more. */
  async isOver(): Promise<boolean> {
    return this.underWay === 0 && (await this.gauges()).inFlight === 0
  }

  /** Exchanges whose client has left, by the log. */
  get clientsLeft(): number {
    return this.#linesOf('client_left').length
  }

  /** No generation is under way any more. */
  async idle(): Promise<void> {
    await eventually('everything has settled', async () => this.isOver())
  }

  /** The sum that is booked for one key, in micro-USD. */
  async bookedMicros(key = 'anonymous', model = 'gpt-image-2'): Promise<number> {
    const metrics = await this.#scrape()
    return Math.round(sumIn(metrics, `comet_cost_usd_total{model="${model}",key="${key}"}`) * 1e6)
  }

  /** The most that an order can cost, in micro-USD. */
  async highestMicros(payload: Payload = order()): Promise<number> {
    const response = await this.gateway.post(payload.body, { 'content-type': payload.contentType }, '/gateway/check')
    const { highest_cost_usd: usd } = (await response.json()) as { highest_cost_usd: number }
    return Math.round(usd * 1e6)
  }

  /** Sums a counter over its labels. */
  async sum(name: string): Promise<number> {
    return sumIn(await this.#scrape(), name)
  }

  async gauges(): Promise<{ readonly inFlight: number; readonly orphans: number }> {
    const metrics = await this.#scrape()
    return { inFlight: sumIn(metrics, 'comet_in_flight'), orphans: sumIn(metrics, 'comet_orphans') }
  }

  /** Waits until nothing is left of what all of this took. */
  async rest(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.idle()
    await this.pass(ORPHAN_TTL_MS) // what is kept for a retry is not left behind
    await eventually('nothing is left behind', async () => {
      const left = {
        ...(await this.gauges()),
        requestsUpstream: this.upstream.busy,
        spoolFiles: openSpoolFiles(this.dataDir),
      }
      const named = Object.entries(left).filter(([, count]) => count !== 0)
      if (named.length > 0) throw new Error(`left: ${JSON.stringify(Object.fromEntries(named))}`)
    })
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
    await this.#world.close()
  }
}

/** One test in a world of its own, which has to have nothing left at the end. */
export async function inWorld(options: WorldOptions, body: (world: FaultWorld) => Promise<void>): Promise<void> {
  const world = await FaultWorld.open(options)
  try {
    await body(world)
    await world.rest()
  } finally {
    await world.close()
  }
}

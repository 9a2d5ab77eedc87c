import { compareBookings, highestCosts } from './bookings.ts'
import { GatewayProcess, sumOf } from './gateway.ts'
import { Leaks } from './leaks.ts'
import { LatencyProbe } from './latency-probe.ts'
import { Placing } from './placing.ts'
import { planOf } from './plan.ts'
import { Timeline } from './timeline.ts'
import { ChaosUpstream } from './upstream.ts'
import { judge, newTally } from './verdict.ts'
import type { BookingReport } from './bookings.ts'
import type { Tally } from './verdict.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly requests: number
  /** Orders that are under way at once. */
  readonly clients: number
}

/** The figures of a whole run. */
export interface Result extends ChaosOptions {
  readonly sent: number
  readonly upstreamRequests: number
  readonly tally: Tally
  readonly metrics: ReadonlyMap<string, number>
  readonly bookings: BookingReport
  readonly leftovers: Readonly<Record<string, number>>
  /** The longest that the gateway took to answer /healthz. */
  readonly longestHealthzMs: number
  readonly outages: number
  readonly diskSize: string
  readonly peakMemoryMb: number
  readonly stopped: { readonly code: number | null; readonly ms: number }
  readonly seconds: number
  /** A sentence for each promise that was broken. */
  readonly problems: readonly string[]
}

const ORPHAN_TTL_MS = 5000
/** Enough for the time an orphan is kept and for idle connections upstream to be closed. */
const IDLE_MS = ORPHAN_TTL_MS + 10_000
/** An answer that comes so shortly before a client gives up may not reach it. */
const MARGIN_MS = 500
/** The slowest that the clients of this one process read, all of them together. */
const BYTES_PER_MS = 4000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** One run: a gateway, an upstream, many clients. */
export class Chaos {
  readonly #options: ChaosOptions
  readonly #timeline = new Timeline()
  readonly #leaks = new Leaks()
  readonly #upstream: ChaosUpstream

  constructor(options: ChaosOptions) {
    this.#options = options
    this.#upstream = new ChaosUpstream(options.seed, this.#timeline)
  }

  async run(progress: (text: string) => void): Promise<Result> {
    const startedAt = performance.now()
    await this.#upstream.listen()
    const gateway = await this.#startGateway()
    const highest = await highestCosts(gateway)
    const probe = new LatencyProbe(gateway.url)
    probe.start()
    const placing = await this.#place(gateway.url, probe, progress)
    const leftovers = await this.#awaitIdle(gateway)
    probe.stop()
    const metrics = await gateway.metrics()
    const { peakMemoryMb, complaints, diskSize } = gateway
    const stopped = await gateway.stop()
    await this.#upstream.close()
    const { attempts, outages } = this.#upstream
    const tally = newTally()
    const problems = this.#judge(placing, probe, tally)
    return {
      ...this.#options,
      sent: placing.sent,
      upstreamRequests: attempts.length,
      tally,
      metrics,
      bookings: compareBookings(attempts, gateway.bookings.values(), highest),
      leftovers,
      longestHealthzMs: probe.longest(),
      outages,
      diskSize,
      peakMemoryMb,
      stopped,
      seconds: (performance.now() - startedAt) / 1000,
      problems: [...problems, ...this.#leaks.problems, ...complaints.map((text) => `the gateway says: ${text}`)],
    }
  }

  async #startGateway(): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(this.#upstream.url, this.#leaks, {
      UPSTREAM_TIMEOUT_MS: '10000',
      ORPHAN_TTL_MS: String(ORPHAN_TTL_MS),
      // Little enough for some kept answers to be evicted: their retries must get 409 answer_not_kept.
      ORPHAN_SPOOL_BYTES: '20000000',
    })
    await gateway.start()
    return gateway
  }

  async #place(url: string, probe: LatencyProbe, progress: (text: string) => void): Promise<Placing> {
    const { seed, requests, clients } = this.#options
    const orders = planOf(seed, requests)
    const placing = new Placing({ url, upstream: this.#upstream, probe, timeline: this.#timeline, leaks: this.#leaks })
    const startedAt = performance.now()
    await placing.placeAll(orders, clients, (done) => {
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      progress(`${done} of ${orders.length} orders, ${this.#upstream.attempts.length} requests upstream, ${seconds} s`)
    })
    progress('all orders are over; waiting until nothing is left')
    return placing
  }

  /** Waits until the gateway holds nothing any more; resolves with the counts that are left. */
  async #awaitIdle(gateway: GatewayProcess): Promise<Record<string, number>> {
    const deadline = performance.now() + IDLE_MS
    for (;;) {
      const metrics = await gateway.metrics()
      const left = {
        'generations in flight': sumOf(metrics, 'comet_in_flight'),
        orphans: sumOf(metrics, 'comet_orphans'),
        'spool files': gateway.spoolFiles,
        'sockets to the upstream': this.#upstream.sockets.size,
      }
      if (Object.values(left).every((count) => count === 0) || performance.now() > deadline) return left
      await pause(100)
    }
  }

  #judge({ bySubject }: Placing, probe: LatencyProbe, tally: Tally): string[] {
    const hadOutage = this.#upstream.outages > 0
    return Array.from(bySubject).flatMap(([id, placed]) => {
      const attempts = this.#upstream.attemptsFor(id)
      const { bytes: [, answer] = [0, 0], upload: [, upload] = [0, 0] } = placed[0]?.order.subject.kind ?? {}
      const marginMs = (from: number, to: number): number =>
        MARGIN_MS + (answer + upload) / BYTES_PER_MS + 4 * probe.longest(from, to)
      const wrong = judge(placed, attempts, { hadOutage, marginMs }, tally)
      if (wrong.length === 0) return []
      const clients = placed.map(
        ({ order, endings }) => `${order.manner}: ${endings.map(({ why }) => why || 'pictures').join(', ')}`,
      )
      const kind = placed[0]?.order.subject.kind.name
      return [`order ${id} (${kind}; ${clients.join('; ')}): ${wrong.join('; ')}${this.#timeline.of(id)}`]
    })
  }
}

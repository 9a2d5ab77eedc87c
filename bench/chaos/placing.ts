import { API_KEY } from './gateway.ts'
import { plainClient } from './plain-client.ts'
import { rawClient } from './raw-client.ts'
import { orderAgain, sdkClient, sdkFor } from './sdk-client.ts'
import type { Answer } from './endings.ts'
import type { LatencyProbe } from './latency-probe.ts'
import type { Leaks } from './leaks.ts'
import type { Order } from './plan.ts'
import type { Timeline } from './timeline.ts'
import type { ChaosUpstream } from './upstream.ts'
import type { Placed } from './verdict.ts'
import type { Ending } from './requests.ts'

const NEVER_MS = 60_000
const NEVER: Ending = { pictures: undefined, why: 'nothing: it never ended', status: 0 }
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface PlacingOptions {
  readonly url: string
  readonly upstream: ChaosUpstream
  readonly probe: LatencyProbe
  readonly timeline: Timeline
  readonly leaks: Leaks
}

/** All the clients: places every order and records how it ended. */
export class Placing {
  readonly #options: PlacingOptions
  readonly bySubject = new Map<number, Placed[]>()
  /** Requests, retries included. */
  sent = 0

  constructor(options: PlacingOptions) {
    this.#options = options
  }

  /** Places all orders, `atOnce` of them at a time. */
  async placeAll(orders: readonly Order[], atOnce: number, progress: (done: number) => void): Promise<void> {
    let next = 0
    let done = 0
    const work = async (): Promise<void> => {
      for (;;) {
        const order = orders[next++]
        if (order === undefined) return
        // Equal orders are placed together, so that they meet.
        const isTwin = orders[next]?.subject.id === order.subject.id
        const both = isTwin ? [order, ...orders.slice(next, ++next)] : [order]
        await Promise.all(both.map((one) => this.#place(one)))
        done += both.length
        progress(done)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }

  async #place(order: Order): Promise<void> {
    const { url, upstream, probe, timeline, leaks } = this.#options
    const { id } = order.subject
    if (order.outageMs !== undefined) void upstream.outage(order.outageMs, () => probe.measure())
    const watch = (text: string): void => timeline.note(id, text)
    const sends = async (): Promise<void> => {
      this.sent++
      const at = performance.now()
      await upstream.ready()
      probe.note(at)
    }
    const client = sdkFor({ url, apiKey: API_KEY, leaks }, sends, watch)
    const isRaw = order.manner === 'returns' || order.manner === 'vanishes'
    const onAnswer = ({ headers, body }: Answer): void => leaks.look('an answer', JSON.stringify(headers) + body)
    const target = { url, apiKey: API_KEY, onAnswer }
    const gaveUpAt: number[] = []
    const asked =
      order.manner === 'plain'
        ? plainClient(target, order, sends, watch).then((ending) => (gaveUpAt.push(...ending.gaveUpAt), ending.endings))
        : isRaw
          ? rawClient(target, order, sends, watch)
          : sdkClient(client, order)
    const endings = await Promise.race([asked, pause(NEVER_MS).then(() => [NEVER])])
    const isHonestlyLost = endings.some(({ why }) => why === 'answer_not_kept')
    const again = isHonestlyLost ? await orderAgain(client, order) : undefined
    const placed = this.bySubject.get(id) ?? []
    placed.push({ order, endings, again, gaveUpAt, endedAt: performance.now() })
    this.bySubject.set(id, placed)
  }
}

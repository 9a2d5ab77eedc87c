import { Agent, get } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'

const EVERY_MS = 50

interface Measurement {
  readonly at: number
  readonly ms: number
}

/** Measures the latency of /healthz all the time, since a busy machine delays gateway and clients alike. */
export class LatencyProbe {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #measurements: Measurement[] = []
  #isStopped = false

  constructor(url: string) {
    this.#url = `${url}/healthz`
  }

  /** Asks once. A gateway that has ended is reported by GatewayProcess. */
  async measure(): Promise<void> {
    const at = performance.now()
    try {
      const [response] = (await once(get(this.#url, { agent: this.#agent }), 'response')) as [IncomingMessage]
      response.resume()
      await once(response, 'end')
    } catch {
      return
    }
    this.note(at)
  }

  /** Records a delay from `at` until now that is no fault of the gateway. */
  note(at: number): void {
    this.#measurements.push({ at, ms: performance.now() - at })
  }

  start(): void {
    const next = (): void => {
      if (this.#isStopped) return
      void this.measure().finally(() => setTimeout(next, EVERY_MS))
    }
    next()
  }

  stop(): void {
    this.#isStopped = true
    this.#agent.destroy()
  }

  /** The longest delay between two times, in milliseconds. */
  longest(from = 0, to = Number.POSITIVE_INFINITY): number {
    return this.#measurements.reduce((max, { at, ms }) => (at + ms >= from && at <= to ? Math.max(max, ms) : max), 0)
  }
}

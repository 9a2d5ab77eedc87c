import { Agent, get } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'

const EVERY_MS = 50

interface Beat {
  readonly at: number
  readonly ms: number
}

/** How long the gateway takes to answer the simplest question, all the time: the machine may be busy with other things. */
export class Pulse {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #beats: Beat[] = []
  #isStopped = false

  constructor(url: string) {
    this.#url = `${url}/healthz`
  }

  /** Asks once. A gateway that is not there is somebody else's to report. */
  async beat(): Promise<void> {
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

  /** Something has taken its time since then that no client can help. */
  note(at: number): void {
    this.#beats.push({ at, ms: performance.now() - at })
  }

  start(): void {
    const next = (): void => {
      if (this.#isStopped) return
      void this.beat().finally(() => setTimeout(next, EVERY_MS))
    }
    next()
  }

  stop(): void {
    this.#isStopped = true
    this.#agent.destroy()
  }

  /** The longest that it took between two times. */
  longest(from = 0, to = Number.POSITIVE_INFINITY): number {
    return this.#beats.reduce((max, { at, ms }) => (at + ms >= from && at <= to ? Math.max(max, ms) : max), 0)
  }
}

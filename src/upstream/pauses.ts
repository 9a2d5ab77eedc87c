import { GatewayError } from '../errors/gateway-error.ts'

/** A refusal comes within seconds: so long the other orders wait to see how the first one after a pause fares. */
const PROBE_MS = 2000

/**
 * Pauses that the upstream asked for with its `retry-after`, by model. While one runs, orders are refused without asking
 * the upstream again: one call of an SDK would else become many requests. When it is over, one order goes first.
 */
export class UpstreamPauses {
  readonly #now: () => number
  readonly #until = new Map<string, number>()

  /** @param now milliseconds on a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The upstream refused an order and said how long to wait. @param model a metrics label, of which there are few */
  begin(model: string, seconds: number): void {
    this.#until.set(model, this.#now() + seconds * 1000)
  }

  /** The upstream has taken an order again. */
  end(model: string): void {
    if (this.#until.size > 0) this.#until.delete(model)
  }

  /** Lets an order go upstream. @throws GatewayError 429 while a pause runs */
  pass(model: string): void {
    const until = this.#until.get(model)
    if (until === undefined) return
    const now = this.#now()
    if (now >= until) return void this.#until.set(model, now + PROBE_MS) // this order goes first
    const seconds = Math.ceil((until - now) / 1000)
    const message = `CometAPI has asked for a pause for this model. Nothing was sent; try again in ${seconds} s.`
    throw new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: seconds })
  }
}

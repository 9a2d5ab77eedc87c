import { orderedBefore } from './ordered-before.ts'
import type { OrderKey } from './ledger.ts'

interface Taken {
  readonly digest: string
  readonly generationId: string
  readonly expiresAt: number
  isUnderWay: boolean
}

/** The order keys of one process, where there is no database to keep them. */
export class MemoryOrderKeys {
  /** By key, the oldest first: all are valid for the same time. */
  readonly #taken = new Map<string, Taken>()

  get size(): number {
    return this.#taken.size
  }

  /** The order has the key from here on. @throws GatewayError 409, 422 where another order has it */
  take({ key, digest, expiresAt }: OrderKey, generationId: string, now: number): void {
    this.#prune(now)
    const earlier = this.#taken.get(key)
    if (earlier !== undefined && !isFree(earlier, now))
      throw orderedBefore({ ...earlier, isSameOrder: earlier.digest === digest })
    this.#taken.delete(key) // so that it becomes the youngest
    this.#taken.set(key, { digest, generationId, expiresAt, isUnderWay: true })
  }

  /** The generation was bought, or may have been: the key stays taken until it expires. */
  keep({ key }: OrderKey, generationId: string): void {
    const taken = this.#taken.get(key)
    if (taken?.generationId === generationId) taken.isUnderWay = false
  }

  /** Nothing was bought: another order may have the key. */
  giveBack({ key }: OrderKey, generationId: string): void {
    if (this.#taken.get(key)?.generationId === generationId) this.#taken.delete(key)
  }

  #prune(now: number): void {
    for (const [key, taken] of this.#taken) {
      if (!isFree(taken, now)) return
      this.#taken.delete(key)
    }
  }
}

function isFree({ expiresAt, isUnderWay }: Taken, now: number): boolean {
  return expiresAt <= now && !isUnderWay
}

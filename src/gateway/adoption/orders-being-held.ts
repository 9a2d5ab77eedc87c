/** An order among those with its key. */
interface Place {
  /** Resolves when the first order with the key was sent, or was not; undefined for that one itself. */
  readonly first: Promise<void> | undefined
  /** The order was sent, or was not. */
  readonly leave: () => void
}

const ALONE: Place = { first: undefined, leave: () => {} }

/** The orders with an Idempotency-Key that are being held now: those that come meanwhile can wait for the first one. */
export class OrdersBeingHeld {
  readonly #first = new Map<string, Promise<void>>()

  enter(key: string | undefined): Place {
    if (key === undefined) return ALONE
    const first = this.#first.get(key)
    if (first !== undefined) return { ...ALONE, first }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#first.set(key, promise)
    const leave = (): void => {
      if (this.#first.get(key) === promise) this.#first.delete(key)
      resolve()
    }
    return { first, leave }
  }
}

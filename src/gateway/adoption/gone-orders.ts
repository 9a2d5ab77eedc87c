import type { Adoptable } from './adoptable.ts'
import type { OrderIdentity } from './order-identity.ts'

/**
 * Orders whose last client is gone without the answer, by what was ordered, the oldest first. There are few of them: an
 * order that comes while there are none is not even digested.
 */
export class GoneOrders {
  readonly #byFingerprint = new Map<string, Adoptable[]>()

  add(gone: Adoptable): void {
    if (gone.isGone) return
    gone.isGone = true
    const { fingerprint } = gone.identity
    const equal = this.#byFingerprint.get(fingerprint)
    if (equal === undefined) this.#byFingerprint.set(fingerprint, [gone])
    else equal.push(gone)
  }

  remove(gone: Adoptable): void {
    if (!gone.isGone) return
    gone.isGone = false
    const { fingerprint } = gone.identity
    const equal = this.#byFingerprint.get(fingerprint)?.filter((one) => one !== gone) ?? []
    if (equal.length > 0) this.#byFingerprint.set(fingerprint, equal)
    else this.#byFingerprint.delete(fingerprint)
  }

  /** The oldest first: it is nearest to its end. */
  equalTo(identity: OrderIdentity): readonly Adoptable[] {
    return this.#byFingerprint.size === 0 ? [] : (this.#byFingerprint.get(identity.fingerprint) ?? [])
  }
}

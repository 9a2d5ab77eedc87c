/** A member of one list at a time, linked to its neighbours. */
export interface Aged<T> {
  older: T | undefined
  newer: T | undefined
}

/**
 * Members by age. They are linked to each other: a Set that is added to and deleted from all the time costs a third of the
 * throughput (docs/decisions/0003).
 */
export class AgeList<T extends Aged<T>> {
  oldest: T | undefined
  #newest: T | undefined
  size = 0

  /** Adds the youngest. */
  add(member: T): void {
    member.older = this.#newest
    member.newer = undefined
    if (this.#newest === undefined) this.oldest = member
    else this.#newest.newer = member
    this.#newest = member
    this.size++
  }

  /** Removes a member; one that is not in the list changes nothing. */
  remove(member: T): void {
    const { older, newer } = member
    if (older === undefined && this.oldest !== member) return
    if (older === undefined) this.oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    member.older = undefined
    member.newer = undefined
    this.size--
  }

  *oldestFirst(): Generator<T> {
    for (let member = this.oldest; member !== undefined; member = member.newer) yield member
  }

  *newestFirst(): Generator<T> {
    for (let member = this.#newest; member !== undefined; member = member.older) yield member
  }
}

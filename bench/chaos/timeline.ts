/** The events of each order with their times, printed for the orders that come out wrong. */
export class Timeline {
  readonly #startedAt = performance.now()
  readonly #notes = new Map<number, string[]>()

  note(subject: number, text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    const notes = this.#notes.get(subject) ?? []
    notes.push(`${seconds} ${text}`)
    this.#notes.set(subject, notes)
  }

  of(subject: number): string {
    return (this.#notes.get(subject) ?? []).map((note) => `\n      ${note}`).join('')
  }
}

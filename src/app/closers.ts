/** One step of closing; the name is for the log. */
interface Step {
  readonly name: string
  readonly close: () => unknown
}

/**
 * The parts that have been opened. They are closed in reverse, since a part may use those that were opened before it; a
 * step that fails does not keep the others from being closed.
 */
export class Closers {
  readonly #steps: Step[] = []
  readonly #onFailure: (error: unknown, name: string) => void

  constructor({ onFailure = () => {} }: { readonly onFailure?: (error: unknown, name: string) => void } = {}) {
    this.#onFailure = onFailure
  }

  add(name: string, close: () => unknown): void {
    this.#steps.push({ name, close })
  }

  /**
   * Closes everything that was added, the last first; a second call finds nothing left to do.
   * @throws AggregateError once all steps have run, where some failed
   */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.close()
      } catch (error) {
        failures.push(error)
        this.#onFailure(error, step.name)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be closed')
  }
}

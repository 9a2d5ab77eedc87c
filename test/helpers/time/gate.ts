/** Holds back whoever comes to it while it is closed. */
export class Gate {
  #isOpen = true
  #waiting: (() => void)[] = []

  close(): void {
    this.#isOpen = false
  }

  open(): void {
    this.#isOpen = true
    for (const go of this.#waiting.splice(0)) go()
  }

  async passed(): Promise<void> {
    if (this.#isOpen) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

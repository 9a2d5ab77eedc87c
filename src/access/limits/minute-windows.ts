import { MinuteWindow, WINDOW_MS } from './minute-window.ts'

interface Entry {
  readonly window: MinuteWindow
  usedAt: number
}

export interface MinuteWindowsOptions {
  /** Windows at once; beyond it the least recently used are forgotten. Default: no bound. */
  readonly max?: number
}

/** The windows of many callers, by name; those that were not used for a minute are forgotten. */
export class MinuteWindows {
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>()
  readonly #max: number
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor({ max = Number.POSITIVE_INFINITY }: MinuteWindowsOptions = {}) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  /** The window of a caller; an empty one, that is not remembered, where the caller has none. */
  peek(name: string): MinuteWindow {
    return this.#entries.get(name)?.window ?? new MinuteWindow()
  }

  /** The window of a caller, made where there is none. */
  use(name: string, now: number): MinuteWindow {
    this.#sweep(now)
    const entry = this.#entries.get(name) ?? { window: new MinuteWindow(), usedAt: now }
    entry.usedAt = now
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    const [leastRecent] = this.#entries.keys()
    if (this.#entries.size > this.#max && leastRecent !== undefined) this.#entries.delete(leastRecent)
    return entry.window
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < WINDOW_MS) return
    this.#sweptAt = now
    for (const [name, { usedAt }] of this.#entries) if (now - usedAt >= WINDOW_MS) this.#entries.delete(name)
  }
}

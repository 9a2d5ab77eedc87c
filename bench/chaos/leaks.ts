import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** COMETAPI_KEY of a run: the upstream repeats it in headers, bodies and errors, and it must come out nowhere. */
export const UPSTREAM_KEY = 'sk-Zx7Qm2Lp9Vt4Rk8Wc3Hy6Bn5'
/** A part of it that is in no other text by chance. */
const PART = 'Zx7Qm2Lp9'

/** The places at which the upstream key came out, and how often. */
export class Leaks {
  readonly #places = new Map<string, number>()

  /** @param text everything that was let out at this place */
  look(place: string, text: string | Buffer): void {
    if (text.includes(PART)) this.#places.set(place, (this.#places.get(place) ?? 0) + 1)
  }

  /** Looks into every file of a directory. */
  lookIn(directory: string): void {
    for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) this.look(entry.name, readFileSync(join(entry.parentPath, entry.name)))
  }

  get problems(): string[] {
    return Array.from(this.#places, ([place, times]) => `the upstream key came out ${times} times in: ${place}`)
  }
}

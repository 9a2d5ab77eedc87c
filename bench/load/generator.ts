import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { output } from '../machine/children.ts'
import type { Figures, Target } from './figures.ts'

/** A load that wrk cannot make; a program of its own makes it. */
export type GeneratedLoad =
  /**
   * An open loop: requests begin at a constant rate, whether or not earlier ones were answered. Latencies are measured
   * from the intended beginning, so that a stall counts for all who had to wait.
   */
  | {
      readonly kind: 'open'
      readonly perSecond: number
      readonly seconds: number
      /** Measure instead from the sending of a stream's first event by the upstream to its last byte here. */
      readonly isFirstEvent?: true
    }
  /** So many requests at once, each on a connection of its own; the latency is that of the answer. */
  | { readonly kind: 'at once'; readonly count: number }

/** The argument of the program. */
export interface GeneratorTask {
  readonly load: GeneratedLoad
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyFile: string
  /** The moment when unanswered requests count as errors, after the last one began. */
  readonly patienceMs: number
}

const PATIENCE_MS = 30_000

/** Makes a load from the core of the load. */
export async function generate(target: Target, load: GeneratedLoad, directory: string): Promise<Figures> {
  const bodyFile = join(directory, 'generator.body')
  writeFileSync(bodyFile, target.body)
  const task: GeneratorTask = { load, url: target.url, headers: target.headers, bodyFile, patienceMs: PATIENCE_MS }
  const args = [resolve(import.meta.dirname, 'generate.ts'), JSON.stringify(task)]
  const limitMs = PATIENCE_MS + 20_000 + (load.kind === 'open' ? load.seconds * 1000 : 0)
  return JSON.parse(await output('load', { command: process.execPath, args }, limitMs)) as Figures
}

export const bodyOf = ({ bodyFile }: GeneratorTask): Buffer => readFileSync(bodyFile)

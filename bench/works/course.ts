import { compareBytes, digestsOf } from '../load/bytes.ts'
import { generate } from '../load/generator.ts'
import { closedLoop } from '../load/wrk.ts'
import { cpuSeconds, memory } from '../machine/usage.ts'
import { reasonOf } from '../systems/install.ts'
import { loadOf } from './work.ts'
import { DIRECT } from './results.ts'
import type { BytesVerdict, Digests } from '../load/bytes.ts'
import type { Figures, Target } from '../load/figures.ts'
import type { Memory } from '../machine/usage.ts'
import type { Contestant } from './contestant.ts'
import type { Measured, Round } from './results.ts'
import type { Extent, Work } from './work.ts'

/** A contestant with what has been found out about it. */
interface Entry {
  readonly contestant: Contestant
  readonly rounds: Round[]
  bytes?: BytesVerdict
  idleMb?: number | undefined
  /** The reason why it is out. */
  missing?: string
}

interface CourseSetting {
  readonly directory: string
  readonly expected: Digests | undefined
  readonly onStep: (step: string) => void
}

/** The way of a work: compare bytes, warm up, measure in turns, compare again. */
export class Course {
  readonly #work: Work
  readonly #extent: Extent
  readonly #setting: CourseSetting

  constructor(work: Work, extent: Extent, setting: CourseSetting) {
    this.#work = work
    this.#extent = extent
    this.#setting = setting
  }

  async run(contestants: readonly Contestant[]): Promise<Measured[]> {
    const entries = contestants.map((contestant): Entry => ({ contestant, rounds: [] }))
    for (const entry of entries) await this.#compare(entry)
    for (const entry of entries) entry.idleMb = memoryOf(entry.contestant)?.nowMb
    const { rounds, warmUpSeconds } = this.#work.pace[this.#extent]
    // The upstream is warm when all others are.
    const others = entries.filter(({ contestant }) => contestant.system !== DIRECT)
    if (warmUpSeconds > 0) await this.#inTurn(others, 0, 'warm-up')
    for (let round = 1; round <= rounds; round++) await this.#inTurn(entries, round, `round ${round} of ${rounds}`)
    for (const entry of entries.filter(({ missing }) => missing === undefined)) await this.#compare(entry)
    return entries.map(measuredOf)
  }

  async #inTurn(entries: readonly Entry[], round: number, title: string): Promise<void> {
    for (const entry of entries.filter(({ missing }) => missing === undefined)) {
      this.#setting.onStep(`${title}, ${entry.contestant.system}`)
      try {
        const figures = await this.#round(entry.contestant, round)
        if (round > 0) entry.rounds.push(figures)
      } catch (error) {
        entry.missing = reasonOf(error)
      }
    }
  }

  async #round(contestant: Contestant, round: number): Promise<Round> {
    const { seconds, warmUpSeconds } = this.#work.pace[this.#extent]
    const load = loadOf(this.#work, round === 0 ? warmUpSeconds : seconds, this.#extent)
    const { target, child } = contestant
    const { directory } = this.#setting
    const before = child && cpuSeconds(child.pid)
    const figures: Figures = await (load.kind === 'closed'
      ? closedLoop(target, load, directory)
      : generate(target, load, directory))
    const after = child && cpuSeconds(child.pid)
    if (before === undefined || after === undefined || figures.requests === 0) return figures
    return { ...figures, cpuPer1000: ((after - before) / figures.requests) * 1000 }
  }

  /** A system with wrong bytes is out of this work. */
  async #compare(entry: Entry): Promise<void> {
    this.#setting.onStep(`comparing bytes, ${entry.contestant.system}`)
    entry.bytes = await this.#verdict(comparedTarget(this.#work, entry.contestant))
    if (!isRight(entry.bytes)) entry.missing = entry.bytes.reason ?? 'gave no answer'
  }

  async #verdict(target: Target): Promise<BytesVerdict> {
    const { expected } = this.#setting
    if (expected !== undefined) return compareBytes(target, expected, this.#work.compared ?? 4)
    const { status, beginning } = await digestsOf(target)
    return status === 400 ? { verdict: 'same' } : { verdict: 'refused', reason: `answers ${status}: ${beginning}` }
  }
}

/** The request of which the answers are compared. */
export const comparedTarget = (work: Work, { target }: Contestant): Target =>
  work.comparedBody === undefined ? target : { ...target, body: work.comparedBody() }

const isRight = ({ verdict }: BytesVerdict): boolean => verdict === 'same' || verdict === 'same pictures'

const memoryOf = ({ child }: Contestant): Memory | undefined => (child === undefined ? undefined : memory(child.pid))

function measuredOf({ contestant, rounds, bytes, idleMb, missing }: Entry): Measured {
  const peakMb = memoryOf(contestant)?.peakMb
  return {
    system: contestant.system,
    rounds,
    ...(bytes === undefined ? {} : { bytes }),
    ...(idleMb === undefined || peakMb === undefined ? {} : { idleMb, peakMb }),
    ...(missing === undefined ? {} : { missing }),
  }
}

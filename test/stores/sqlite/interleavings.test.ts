import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf } from '../../../src/accounting/period.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { DAY, NOON, FakeProcesses, cost, createKey, registered, orderOf } from '../../helpers/store/store.ts'
import type { Hold } from '../../../src/accounting/ledger.ts'
import type { Budget, BudgetState } from '../../../src/accounting/budget.ts'
import type { Period } from '../../../src/accounting/period.ts'
import type { Processes } from '../../../src/stores/sqlite/process-identity.ts'
import type { RegisteredInstance } from '../../helpers/store/store.ts'

const LIMIT = 1000
const UNREACHED: Budget = { limitMicros: 1e12, period: 'total' }

type Step =
  | { readonly do: 'hold'; readonly who: number; readonly micros: number }
  | { readonly do: 'settle' | 'release' | 'estimate'; readonly which: number; readonly share: number }
  | { readonly do: 'crash'; readonly who: number }
  | { readonly do: 'wait'; readonly days: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hold'), who: fc.nat(1), micros: fc.nat(400) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('settle', 'release', 'estimate'),
      which: fc.nat(20),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), days: fc.integer({ min: 1, max: 9 }) }) },
)

/** Two instances on one file, and a model of what the ledger must say. */
class TwoInstances {
  readonly processes = new FakeProcesses()
  readonly store: Store
  readonly key
  readonly instances: { instance: RegisteredInstance; process: Processes }[] = []
  /** Holds that a step may end: also a second time, also after their process has died. */
  readonly holds: { readonly hold: Hold; isOpen: boolean; readonly who: number; readonly process: Processes }[] = []
  readonly spentByDay = new Map<number, number>()
  /** The spending of everybody before. */
  readonly before: BudgetState | undefined
  ended = 0
  now = NOON

  constructor(store: Store, name: string, period: Period) {
    this.store = store
    this.key = createKey(store, { name, budget: { limitMicros: LIMIT, period } })
    this.register(0)
    this.register(1)
    this.before = this.instance(0).instance.ledger.spending(this.now)
  }

  register(who: number): void {
    const process = this.processes.next()
    this.instances[who] = { process, instance: registered(this.store, process, () => this.now, UNREACHED) }
  }

  run(action: Step): void {
    if (action.do === 'wait') this.now += action.days * DAY
    else if (action.do === 'crash') this.crash(action.who)
    else if (action.do === 'hold') {
      const { instance, process } = this.instance(action.who)
      const result = instance.ledger.hold(orderOf(this.key, { heldAt: this.now, highestMicros: action.micros }))
      if (!('refused' in result)) this.holds.push({ hold: result, isOpen: true, who: action.who, process })
    } else this.end(action)
  }

  end({ do: verb, which, share }: Extract<Step, { which: number }>): void {
    const entry = this.holds[which % Math.max(1, this.holds.length)]
    if (entry === undefined) return
    const { ledger } = this.instance(entry.who).instance
    const { hold } = entry
    const real = Math.floor(hold.heldMicros * share)
    const ending = { endedAt: this.now }
    const did =
      verb === 'settle'
        ? ledger.settle(hold, cost(real))
        : verb === 'release'
          ? ledger.release(hold, ending)
          : ledger.bookEstimated(hold, { ...ending, images: 1 })
    expect(did).toBe(entry.isOpen)
    if (did) this.book(entry, verb === 'settle' ? real : verb === 'release' ? 0 : hold.heldMicros)
  }

  /** Kills a process; its successor books the holds that it left open. */
  crash(who: number): void {
    const { process } = this.instance(who)
    this.processes.kill(process)
    this.register(who)
    for (const entry of this.holds)
      if (entry.isOpen && entry.process === process) this.book(entry, entry.hold.heldMicros)
  }

  book(entry: { readonly hold: Hold; isOpen: boolean }, micros: number): void {
    entry.isOpen = false
    this.ended++
    const day = dayOf(entry.hold.order.heldAt)
    this.spentByDay.set(day, (this.spentByDay.get(day) ?? 0) + micros)
  }

  instance(who: number): { instance: RegisteredInstance; process: Processes } {
    const found = this.instances[who]
    if (found === undefined) throw new Error(`no process ${who}`)
    return found
  }

  /** Spent and held never exceed the limit, and both are equal to the model, to the micro-dollar. */
  check(): void {
    const { ledger } = this.instance(0).instance
    const { budget, inFlight } = ledger.accountOf(this.key.id, this.now) ?? { budget: undefined, inFlight: -1 }
    if (budget === undefined) throw new Error('no budget')
    expect(budget.spentMicros + budget.heldMicros).toBeLessThanOrEqual(LIMIT)
    expect(inFlight).toBe(this.holds.filter(({ isOpen }) => isOpen).length)
    const sums = this.store.reports.usage({ by: 'day', sinceDay: 0, keyName: this.key.name })
    expect(sums.reduce((sum, { costMicros }) => sum + costMicros, 0)).toBe(
      [...this.spentByDay.values()].reduce((sum, micros) => sum + micros, 0),
    )
    expect(sums.reduce((sum, { generations }) => sum + generations, 0)).toBe(this.ended)
    this.checkEverybody()
  }

  /** The spending of everybody has grown by what this key spent and holds. */
  checkEverybody(): void {
    const { spentMicros = 0, heldMicros = 0 } = this.before ?? {}
    const open = this.holds.filter(({ isOpen }) => isOpen)
    expect(this.instance(0).instance.ledger.spending(this.now)).toMatchObject({
      spentMicros: spentMicros + [...this.spentByDay.values()].reduce((sum, micros) => sum + micros, 0),
      heldMicros: heldMicros + open.reduce((sum, { hold }) => sum + hold.heldMicros, 0),
    })
  }
}

describe('any interleaving of hold, settle, release, crash and change of period', () => {
  it('keeps spent + held within the limit, and the ledger adds up', { timeout: 120_000 }, () => {
    const directory = temporaryDirectory()
    const store = Store.forServing(directory.path)
    let keys = 0
    // 100 runs of about 100 steps; each run has a key of its own in the same file.
    fc.assert(
      fc.property(
        fc.constantFrom<Period>('day', 'week', 'month', 'total'),
        fc.array(step, { minLength: 80, maxLength: 120 }),
        (period, steps) => {
          const both = new TwoInstances(store, `key-${++keys}`, period)
          for (const action of steps) {
            both.run(action)
            both.check()
          }
          for (const { instance } of both.instances) instance.close()
        },
      ),
      { numRuns: Number(process.env['INTERLEAVINGS'] ?? 100) },
    )
    store.close()
    directory.remove()
  })
})

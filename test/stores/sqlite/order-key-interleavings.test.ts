import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { DAY, HOUR, NOON, FakeProcesses, cost, orderOf, registered } from '../../helpers/store/store.ts'
import type { Hold } from '../../../src/accounting/ledger.ts'
import type { Processes } from '../../../src/stores/sqlite/process-identity.ts'
import type { RegisteredInstance } from '../../helpers/store/store.ts'

type Ending = 'settle' | 'release' | 'estimate' | 'cancel'
type Step =
  | { readonly do: 'order'; readonly who: number; readonly key: number; readonly body: number }
  | { readonly do: Ending; readonly which: number }
  | { readonly do: 'crash'; readonly who: number }
  | { readonly do: 'wait'; readonly hours: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('order'), who: fc.nat(1), key: fc.nat(2), body: fc.nat(1) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('settle', 'release', 'estimate', 'cancel'), which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), who: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), hours: fc.integer({ min: 1, max: 20 }) }) },
)

interface Bought {
  readonly key: string
  readonly generationId: string
  readonly digest: string
  readonly expiresAt: number
  readonly process: Processes
  readonly hold: Hold
  isUnderWay: boolean
}

/** Two instances on one file, and a model of who has which key. */
class TwoInstances {
  readonly processes = new FakeProcesses()
  readonly instances: { instance: RegisteredInstance; process: Processes }[] = []
  readonly #store: Store
  readonly #run: number
  readonly #holderOf = new Map<string, Bought>()
  readonly #all: Bought[] = []
  now = NOON

  constructor(store: Store, run: number) {
    this.#store = store
    this.#run = run
    for (const who of [0, 1]) this.#register(who)
  }

  run(action: Step): void {
    if (action.do === 'wait') this.now += action.hours * HOUR
    else if (action.do === 'crash') this.#crash(action.who)
    else if (action.do === 'order') this.#order(action.who, `${this.#run}/${action.key}`, String(action.body))
    else this.#end(action.do, action.which)
  }

  #order(who: number, key: string, digest: string): void {
    const { instance, process } = this.#instance(who)
    const orderKey = { key, digest, expiresAt: this.now + DAY }
    const order = orderOf(undefined, { orderKey, heldAt: this.now })
    const result = instance.ledger.hold(order)
    const earlier = this.#holderOf.get(key)
    if (earlier !== undefined && (earlier.isUnderWay || earlier.expiresAt > this.now)) {
      const { generationId, isUnderWay } = earlier
      const isSameOrder = earlier.digest === digest
      expect(result).toEqual({ refused: 'ordered_before', earlier: { generationId, isSameOrder, isUnderWay } })
      return
    }
    if ('refused' in result) throw new Error(`refused: ${JSON.stringify(result)}`)
    const { generationId } = order
    const bought = { ...orderKey, generationId, process, hold: result, isUnderWay: true }
    this.#holderOf.set(key, bought)
    this.#all.push(bought)
  }

  /** Also a second time, and also after the process of the hold has died. */
  #end(verb: Ending, which: number): void {
    const bought = this.#all.at(-1 - which)
    if (bought === undefined) return
    const { ledger } = this.#instance(which % 2).instance
    const { hold } = bought
    const ending = { endedAt: this.now }
    const did = {
      settle: () => ledger.settle(hold, cost(10)),
      release: () => ledger.release(hold, ending),
      estimate: () => ledger.bookEstimated(hold, { ...ending, images: 1 }),
      cancel: () => ledger.cancel(hold),
    }[verb]()
    expect(did).toBe(bought.isUnderWay)
    if (did && (verb === 'release' || verb === 'cancel')) this.#holderOf.delete(bought.key)
    bought.isUnderWay = false
  }

  #crash(who: number): void {
    const { process } = this.#instance(who)
    this.processes.kill(process)
    this.#register(who)
    for (const bought of this.#all) if (bought.process === process) bought.isUnderWay = false
  }

  #register(who: number): void {
    const process = this.processes.next()
    this.instances[who] = { process, instance: registered(this.#store, process, () => this.now) }
  }

  #instance(who: number): { instance: RegisteredInstance; process: Processes } {
    const found = this.instances[who]
    if (found === undefined) throw new Error(`no process ${who}`)
    return found
  }
}

describe('any interleaving of keyed orders, their ends, crashes and time', () => {
  it('buys once for each key, and says truly who has it', { timeout: 120_000 }, () => {
    const directory = temporaryDirectory()
    const store = Store.forServing(directory.path)
    let runs = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), (steps) => {
        const both = new TwoInstances(store, ++runs)
        for (const action of steps) {
          both.run(action)
          for (const { instance } of both.instances) instance.heartbeat()
        }
        for (const { instance } of both.instances) instance.close()
      }),
      { numRuns: Number(process.env['INTERLEAVINGS'] ?? 100) },
    )
    store.close()
    directory.remove()
  })
})

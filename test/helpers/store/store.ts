import { newKeySecret, keyDigest, keyHint } from '../../../src/access/keys/key-secret.ts'
import { checkedSettings } from '../../../src/access/keys/key-settings.ts'
import type { z } from 'zod'
import type { newKeySettings } from '../../../src/access/keys/key-settings.ts'
import type { Budget, BudgetState } from '../../../src/accounting/budget.ts'
import type { VirtualKey } from '../../../src/access/keys/virtual-key.ts'
import type {
  AbandonedHold,
  Ending,
  EstimatedEnding,
  Hold,
  OrderedGeneration,
  HoldRefusal,
  KeyAccount,
  SettledEnding,
} from '../../../src/accounting/ledger.ts'
import type { SqliteLedger } from '../../../src/stores/sqlite/ledger/ledger.ts'
import type { ProcessIdentity, Processes } from '../../../src/stores/sqlite/process-identity.ts'
import type { Store } from '../../../src/stores/sqlite/store.ts'
import type { Instance } from '../../../src/stores/sqlite/store.ts'

/** Monday, 2026-11-23, 12:00 UTC. */
export const NOON = Date.UTC(2026, 10, 23, 12)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export function createKey(store: Store, settings: z.input<typeof newKeySettings>, now = NOON): VirtualKey {
  const secret = newKeySecret()
  return store.keys.create(checkedSettings(settings), { digest: keyDigest(secret), hint: keyHint(secret) }, now)
}

let lastOrder = 0

export function orderOf(
  key: Pick<VirtualKey, 'name' | 'id'> | undefined,
  more: Partial<OrderedGeneration> = {},
): OrderedGeneration {
  return {
    generationId: `gen_${++lastOrder}`,
    keyName: key?.name ?? 'anonymous',
    keyId: key?.id,
    endpoint: 'images.generations',
    model: 'gpt-image-2',
    size: '1024x1024',
    quality: 'low',
    n: 1,
    highestMicros: 100,
    allowUnpriced: false,
    heldAt: NOON,
    ...more,
  }
}

export function cost(costMicros: number, more: Partial<SettledEnding> = {}): SettledEnding {
  return { endedAt: NOON, costMicros, isEstimated: false, images: 1, usage: undefined, ...more }
}

/** The hold, where it was not refused. */
export function held(result: Hold | HoldRefusal): Hold {
  if ('refused' in result) throw new Error(`refused: ${result.refused}`)
  return result
}

/** Processes that live and die as a test says. */
export class FakeProcesses {
  readonly #dead = new Set<number>()
  #lastPid = 0

  next(): Processes & { readonly own: ProcessIdentity } {
    const own = { scope: 'test', pid: ++this.#lastPid, started: '1' }
    return { own, isAlive: ({ pid }) => !this.#dead.has(pid) }
  }

  kill({ own }: Processes): void {
    this.#dead.add(own.pid)
  }
}

/** The verbs of the ledger as methods, each in a transaction of its own. */
export class LedgerVerbs {
  readonly #ledger: SqliteLedger

  constructor(ledger: SqliteLedger) {
    this.#ledger = ledger
  }

  hold(order: OrderedGeneration): Hold | HoldRefusal {
    return this.#ledger.write([{ verb: 'hold', order }])[0] as Hold | HoldRefusal
  }

  settle(hold: Hold, ending: SettledEnding): boolean {
    return this.#ledger.write([{ verb: 'settle', hold, ending }])[0] === true
  }

  release(hold: Hold, ending: Ending): boolean {
    return this.#ledger.write([{ verb: 'release', hold, ending }])[0] === true
  }

  cancel(hold: Hold): boolean {
    return this.#ledger.write([{ verb: 'cancel', hold }])[0] === true
  }

  bookEstimated(hold: Hold, ending: EstimatedEnding): boolean {
    return this.#ledger.write([{ verb: 'bookEstimated', hold, ending }])[0] === true
  }

  accountOf(keyId: number, now: number): KeyAccount | undefined {
    return this.#ledger.accountOf(keyId, now)
  }

  spending(now: number): BudgetState | undefined {
    return this.#ledger.spending(now)
  }
}

/** An instance whose ledger is used verb by verb. */
export interface RegisteredInstance extends Omit<Instance, 'ledger'> {
  readonly ledger: LedgerVerbs
  /** Holds of dead processes that this one has booked. */
  readonly recovered: AbandonedHold[]
}

/** Registers a process as an instance. */
export function registered(
  store: Store,
  processes: Processes,
  now: () => number = () => NOON,
  spendLimit?: Budget,
): RegisteredInstance {
  const recovered: AbandonedHold[] = []
  const { ledger, ...instance } = store.register({
    processes,
    now,
    spendLimit,
    onAbandoned: (rows) => recovered.push(...rows),
    onHeartbeatFailed: (error) => {
      throw error
    },
  })
  return { ...instance, ledger: new LedgerVerbs(ledger), recovered }
}

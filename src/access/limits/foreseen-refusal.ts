import { budgetOf, budgetUsedUp, SPEND_LIMIT } from '../../accounting/budget.ts'
import { tooManyInFlight } from '../../accounting/hold-refused.ts'
import { ANONYMOUS } from '../keys/keyring.ts'
import type { CallerLimits } from './caller-limits.ts'
import type { LedgerWriter } from '../../accounting/ledger-writer.ts'
import type { KeyAccount } from '../../accounting/ledger.ts'
import type { VirtualKey } from '../keys/virtual-key.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Caller } from '../keys/keyring.ts'

export interface ForeseeingOptions {
  readonly limits: Pick<CallerLimits, 'foreseenRefusal'>
  /** Undefined where there is no database. */
  readonly ledger: Pick<LedgerWriter, 'accountOf' | 'writtenAccountOf' | 'spending'> | undefined
  /** Every model that may be used where there is a budget costs something, so that nothing can be bought with nothing. */
  readonly everythingCosts: boolean
}

/** A request of which only the headers are known. */
export interface Coming {
  readonly caller: Caller | undefined
  readonly idempotencyKey: string | undefined
}

/**
 * The refusal that a request would meet after its body was read, whatever that says, as far as it can be known from the
 * headers. It is looked up, and nothing is counted or held: a typo still burns no limit.
 * @throws StoreError
 */
export async function foreseenRefusal(
  { limits, ledger, everythingCosts }: ForeseeingOptions,
  { caller = ANONYMOUS, idempotencyKey }: Coming,
): Promise<GatewayError | undefined> {
  const refusal = limits.foreseenRefusal(caller)
  // The ledger may have an order with the same Idempotency-Key, and says so before it looks at the budget.
  if (refusal !== undefined || ledger === undefined || idempotencyKey !== undefined) return refusal
  const { key } = caller
  const now = Date.now()
  const spending = everythingCosts ? await ledger.spending(now) : undefined
  const usedUp = spending === undefined ? undefined : budgetUsedUp(SPEND_LIMIT, spending, now)
  const isLookedUp = key !== undefined && (key.maxInFlight !== undefined || key.budget !== undefined)
  if (usedUp !== undefined || !isLookedUp) return usedUp
  const refusalIn = (account: KeyAccount | undefined): GatewayError | undefined =>
    account === undefined ? undefined : refusalOf(key, account, everythingCosts ? now : undefined)
  if (refusalIn(await ledger.writtenAccountOf(key.id, now)) === undefined) return undefined
  // Endings that are about to be written may have made room.
  return refusalIn(await ledger.accountOf(key.id, now))
}

/** @param now undefined: a budget that is used up refuses nothing */
function refusalOf(
  { name, maxInFlight }: VirtualKey,
  { budget, inFlight }: KeyAccount,
  now: number | undefined,
): GatewayError | undefined {
  const usedUp = now === undefined ? undefined : budgetUsedUp(budgetOf(name), budget, now)
  if (usedUp !== undefined) return usedUp
  return maxInFlight !== undefined && inFlight >= maxInFlight ? tooManyInFlight(name, maxInFlight) : undefined
}

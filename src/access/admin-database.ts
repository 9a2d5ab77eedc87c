import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { Reports } from '../accounting/reports.ts'
import type { ParameterDefaults } from './keys/parameter-defaults.ts'
import type { KeyStore } from './keys/virtual-key.ts'
import type { VirtualKeys } from './keys/virtual-keys.ts'

/** The parts of the database that the admin API works on. */
export interface AdminDatabase {
  readonly keys: KeyStore
  readonly virtualKeys: Pick<VirtualKeys, 'create' | 'rotate'>
  readonly reports: Reports
  readonly ledger: Pick<LedgerWriter, 'accountOf' | 'spending'>
  /** Names of GATEWAY_KEYS: ledger rows carry names, so that no virtual key may have one of them. */
  readonly takenNames: readonly string[]
  /** A sentence for each default that no model takes. */
  readonly defaultProblems: (defaults: ParameterDefaults) => readonly string[]
}

import { leftMicros } from '../accounting/budget.ts'
import { formatUsd, usdOf } from '../accounting/money.ts'
import { endOfPeriod } from '../accounting/period.ts'
import { whyUnusable } from '../access/keys/virtual-key.ts'
import type { KeyAccount } from '../accounting/ledger.ts'
import type { KeySecretInfo, VirtualKey } from '../access/keys/virtual-key.ts'
import type { Store } from '../stores/sqlite/store.ts'
import type { Column } from './output.ts'

/** A key with its account and its secrets, at a time. */
export interface DescribedKey {
  readonly key: VirtualKey
  readonly account: KeyAccount | undefined
  readonly secrets: readonly KeySecretInfo[]
  readonly now: number
}

export function describedKey(store: Store, key: VirtualKey, now: number): DescribedKey {
  return { key, account: store.accounts.accountOf(key.id, now), secrets: store.keys.secretsOf(key.id), now }
}

/** A time as people read it: minutes, UTC. */
export function shortTime(timeMs: number | undefined): string {
  return timeMs === undefined ? '' : new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')
}

/** A time as programs read it. */
export function isoTime(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString()
}

type Of = (described: DescribedKey) => string | number | undefined
const left: Of = ({ account }) => (account === undefined ? undefined : leftMicros(account.budget))
const resetsAt = ({ key, now }: DescribedKey): number | undefined =>
  key.budget === undefined ? undefined : endOfPeriod(key.budget.period, now)

export const KEY_COLUMNS: readonly Column<DescribedKey>[] = [
  { name: 'name', title: 'Name', value: ({ key }) => key.name },
  { name: 'status', title: 'Status', value: ({ key, now }) => whyUnusable(key, now) ?? 'active' },
  { name: 'models', title: 'Models', value: ({ key }) => key.models.join(' ') },
  {
    name: 'defaults',
    title: 'Defaults',
    forPrograms: true,
    value: ({ key }) =>
      Object.entries(key.defaults)
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
  },
  {
    name: 'budget_usd',
    title: 'Budget',
    align: 'right',
    value: ({ key }) => usdOf(key.budget?.limitMicros),
    shown: ({ key: { budget } }) => (budget === undefined ? '' : `${formatUsd(budget.limitMicros)}/${budget.period}`),
  },
  {
    name: 'max_cost_usd',
    title: 'Max cost',
    forPrograms: true,
    value: ({ key }) => usdOf(key.maxCostMicros),
    shown: ({ key: { maxCostMicros } }) => (maxCostMicros === undefined ? '' : formatUsd(maxCostMicros)),
  },
  { name: 'budget_period', title: 'Period', forPrograms: true, value: ({ key }) => key.budget?.period },
  {
    name: 'spent_usd',
    title: 'Spent',
    align: 'right',
    value: ({ account }) => usdOf(account?.budget.spentMicros),
    shown: ({ account }) => formatUsd(account?.budget.spentMicros ?? 0),
  },
  {
    name: 'held_usd',
    title: 'Held',
    forPrograms: true,
    value: ({ account }) => usdOf(account?.budget.heldMicros),
    shown: ({ account }) => formatUsd(account?.budget.heldMicros ?? 0),
  },
  {
    name: 'left_usd',
    title: 'Left',
    align: 'right',
    value: (described) => usdOf(left(described) as number | undefined),
    shown: (described) => {
      const micros = left(described)
      return typeof micros === 'number' ? formatUsd(micros) : ''
    },
  },
  {
    name: 'resets_at',
    title: 'Resets',
    forPrograms: true,
    value: (described) => isoTime(resetsAt(described)),
    shown: (described) => shortTime(resetsAt(described)),
  },
  { name: 'requests_per_minute', title: 'Req/min', align: 'right', value: ({ key }) => key.requestsPerMinute },
  { name: 'images_per_minute', title: 'Img/min', align: 'right', value: ({ key }) => key.imagesPerMinute },
  { name: 'max_in_flight', title: 'Most in flight', forPrograms: true, value: ({ key }) => key.maxInFlight },
  { name: 'in_flight', title: 'In flight', align: 'right', value: ({ account }) => account?.inFlight ?? 0 },
  {
    name: 'expires_at',
    title: 'Expires',
    value: ({ key }) => isoTime(key.expiresAt),
    shown: ({ key }) => shortTime(key.expiresAt),
  },
  { name: 'note', title: 'Note', forPrograms: true, value: ({ key }) => key.note },
  {
    name: 'secrets',
    title: 'Secrets',
    forPrograms: true,
    value: ({ secrets }) =>
      secrets
        .map(({ hint, validUntil }) => (validUntil === undefined ? hint : `${hint} (until ${isoTime(validUntil)})`))
        .join('; '),
  },
  { name: 'id', title: 'Id', forPrograms: true, value: ({ key }) => key.id },
  { name: 'created_at', title: 'Created', forPrograms: true, value: ({ key }) => isoTime(key.createdAt) },
  { name: 'updated_at', title: 'Updated', forPrograms: true, value: ({ key }) => isoTime(key.updatedAt) },
  { name: 'revoked_at', title: 'Revoked', forPrograms: true, value: ({ key }) => isoTime(key.revokedAt) },
]

import { usdOf } from '../accounting/money.ts'
import { ANONYMOUS } from '../access/keys/keyring.ts'
import { ERRORS } from '../errors/gateway-error.ts'
import { ENDPOINTS } from './server.ts'
import type { Keyring } from '../access/keys/keyring.ts'
import type { Adoptions } from '../gateway/adoption/adoptions.ts'
import type { Clock } from '../gateway/generation/clock.ts'
import type { Catalogue } from '../models/catalogue.ts'
import type { DiskRoom } from '../spool/disk-room.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Database } from './database.ts'

/** The parts whose state is asked at a scrape, and at no other time. */
export interface ScrapedParts {
  readonly adoptions: Adoptions
  readonly database: Database | undefined
  readonly room: DiskRoom
  readonly clock: Clock
}

/** Has gauges set at each scrape: what is spent, the oldest generation, endings that are not booked, room on the disk. */
export function showAtScrape(metrics: Metrics, { adoptions, database, room, clock }: ScrapedParts): void {
  metrics.onScrape(async () => {
    const startedAt = adoptions.underWay().map(({ dispatchedAt }) => dispatchedAt)
    const oldestMs = startedAt.length === 0 ? 0 : clock.now() - Math.min(...startedAt)
    metrics.state({
      oldestSeconds: oldestMs / 1000,
      unbookedEndings: database?.ledger.pendingEndings ?? 0,
      diskSpareBytes: room.spareBytes,
    })
  })
  if (database !== undefined) metrics.onScrape(async () => showSpending(metrics, database, clock.date()))
}

async function showSpending(metrics: Metrics, { ledger }: Database, now: number): Promise<void> {
  const spending = await ledger.spending(now)
  if (spending?.limitMicros === undefined) return
  metrics.spending(usdOf(spending.limitMicros), usdOf(spending.spentMicros + spending.heldMicros))
}

/** Starts the series of every label set that is known at the start. */
export function startMetrics(metrics: Metrics, { models }: Catalogue, keyring: Keyring): void {
  const codes = Object.entries(ERRORS)
  metrics.startAtZero({
    endpoints: ENDPOINTS.map(({ operation }) => operation),
    models: [...models.map(({ id }) => id), 'other'],
    keys: keyring.isEmpty ? [ANONYMOUS.name] : keyring.names,
    rejections: codes.filter(([, { status }]) => status < 500).map(([code]) => code),
    failures: codes.filter(([code]) => code.startsWith('upstream_')).map(([code]) => code),
  })
}

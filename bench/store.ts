import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { dayOf } from '../src/accounting/period.ts'
import { keyDigest } from '../src/access/keys/key-secret.ts'
import { checkedSettings } from '../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../src/access/keys/virtual-keys.ts'
import { LedgerWriter } from '../src/accounting/ledger-writer.ts'
import { Store } from '../src/stores/sqlite/store.ts'
import type { IssuedKey } from '../src/access/keys/virtual-keys.ts'
import { endingCommand } from '../src/accounting/settlement.ts'
import type { LedgerCommand, Hold } from '../src/accounting/ledger.ts'
import type { Settlement } from '../src/accounting/settlement.ts'
import type { Instance } from '../src/stores/sqlite/store.ts'

/**
 * npm run bench:store [-- --rows 10000000] [--dir DIRECTORY]: the cost of a request on the store, with an empty ledger
 * and with one of so many rows. Compare the CPU time of this process; the rest is waiting for the disk.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '0' },
    dir: { type: 'string' },
    requests: { type: 'string', default: '20000' },
  },
})
const REQUESTS = Number(values.requests)
const ROWS = Number(values.rows)
const KEYS = 20
const DAYS = 365

const directory = values.dir ?? mkdtempSync(join(tmpdir(), 'comet-bench-'))
const store = Store.forServing(directory)
const instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: console.error })
const keys = await makeKeys()

console.log(`Per request, in µs (lookup, hold, settle; ${KEYS} keys with budget and limits):`)
measure('empty ledger')
for (const connections of [1, 8, 64]) await measureWriter(connections)
lookups()
if (ROWS > 0) {
  fill(ROWS)
  const size = ['', '-wal'].map((end) => store.file + end).filter((file) => existsSync(file))
  const bytes = size.reduce((sum, file) => sum + statSync(file).size, 0)
  console.log(`\nLedger of ${ROWS.toLocaleString('en')} rows (${Math.round(bytes / 1e6)} MB):`)
  measure('full ledger')
  timed('usage --by key --since 30d', () => store.reports.usage({ by: 'key', sinceDay: dayOf(Date.now()) - 29 }))
  timed('usage --by model, all of it', () => store.reports.usage({ by: 'model', sinceDay: 0 }))
  timed('generations -n 50', () => store.reports.generations({ limit: 50 }))
  timed('generations --key K -n 50', () => store.reports.generations({ keyName: 'filler-7', limit: 50 }))
  timed('generations --failed -n 50', () => store.reports.generations({ failedOnly: true, limit: 50 }))
}
instance.close()
store.close()
if (values.dir === undefined) rmSync(directory, { recursive: true })

async function makeKeys(): Promise<IssuedKey[]> {
  const issuer = new VirtualKeys(store.keys)
  const budget = { limitMicros: 1e12, period: 'month' } as const
  const run = Math.random().toString(36).slice(2, 8)
  const made = Array.from({ length: KEYS }, (_, index) =>
    issuer.create(checkedSettings({ name: `bench-${run}-${index}`, budget, maxInFlight: 1000 }), Date.now()),
  )
  return Promise.all(made)
}

/** Measures the ledger batch by batch: under load, 64 connections make batches of dozens in one turn of the event loop. */
function measure(title: string): void {
  for (const batch of [1, 4, 16, 64]) {
    requests(instance, batch, 2000)
    const cpuBefore = process.cpuUsage()
    const startedAt = performance.now()
    requests(instance, batch, REQUESTS)
    const wall = performance.now() - startedAt
    const { user, system } = process.cpuUsage(cpuBefore)
    const cpu = ((user + system) / REQUESTS).toFixed(1).padStart(6)
    console.log(
      `  ${title}, ${String(batch).padStart(2)} at once: ${cpu} of CPU, ${((wall / REQUESTS) * 1000).toFixed(1)} in all`,
    )
  }
}

/** Measures the path of the gateway: each connection looks its key up, holds and settles, again and again. */
async function measureWriter(connections: number): Promise<void> {
  const writer = new LedgerWriter({ ledger: instance.ledger, onWriteFailed: console.error })
  const connection = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const command = holdFor(index)
      if (command.verb === 'hold') writer.settle(await writer.hold(command.order), settlement())
    }
  }
  const all = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: connections }, () => connection(Math.ceil(count / connections))))
    await writer.idle()
  }
  await all(2000)
  const cpuBefore = process.cpuUsage()
  await all(REQUESTS)
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpu = ((user + system) / REQUESTS).toFixed(1).padStart(6)
  console.log(`  through the ledger writer, ${String(connections).padStart(2)} connections: ${cpu} of CPU`)
}

function requests({ ledger }: Instance, batch: number, count: number): void {
  for (let done = 0; done < count; done += batch) {
    const orders = Array.from({ length: batch }, (_, index) => holdFor(done + index))
    const holds = ledger.write(orders)
    ledger.write(holds.map((hold) => endingCommand(hold as Hold, settlement())))
  }
}

function holdFor(index: number): LedgerCommand {
  const found = store.keys.find(keyDigest(keys[index % KEYS]?.secret ?? ''))
  if (found === undefined) throw new Error('the key is gone')
  return {
    verb: 'hold',
    order: {
      generationId: `gen_0b7d4c1e-0000-4000-8000-${String(index).padStart(12, '0')}`,
      keyName: found.key.name,
      keyId: found.key.id,
      endpoint: 'images.generations',
      model: 'gpt-image-2',
      size: '1024x1024',
      quality: 'medium',
      n: 1,
      highestMicros: 60_000,
      allowUnpriced: false,
      heldAt: Date.now(),
    },
  }
}

function settlement(): Settlement {
  return {
    verdict: 'bought',
    endedAt: Date.now(),
    cost: { costMicros: 42_000, estimated: false },
    images: 1,
    usage: {
      inputTokens: 16,
      outputTokens: 1056,
      totalTokens: 1072,
      inputTextTokens: 16,
      inputImageTokens: 0,
      inputCachedTokens: undefined,
      outputTextTokens: undefined,
      outputImageTokens: undefined,
    },
    upstreamRequestId: '202611230647301234567890ABCDEF',
    upstreamMs: 31_000,
    durationMs: 31_002,
    size: '1024x1024',
    quality: 'low',
    partialImages: 0,
    failure: undefined,
    firstEventMs: undefined,
    isUsageMissing: false,
  }
}

/** Measures three lookups that see a revocation by another process at once. */
function lookups(): void {
  const digest = keyDigest(keys[0]?.secret ?? '')
  const raw = new DatabaseSync(store.file)
  const direct = raw.prepare(
    'SELECT k.*, s.digest, s.valid_until FROM secrets s JOIN keys k ON k.id = s.key_id WHERE digest = ?',
  )
  const version = raw.prepare('PRAGMA data_version')
  console.log('\nLookup of a key, in µs:')
  timedLoop('SHA-256 of the presented key', () => keyDigest(keys[0]?.secret ?? ''))
  timedLoop('from memory, checked by the key revision (used)', () => store.keys.find(digest))
  timedLoop('PRAGMA data_version alone', () => version.get())
  timedLoop('from the file each time', () => direct.get(digest))
  raw.close()
}

function timedLoop(title: string, work: () => unknown): void {
  for (let warm = 0; warm < 2000; warm++) work()
  const startedAt = performance.now()
  for (let run = 0; run < REQUESTS; run++) work()
  console.log(`  ${title.padEnd(50)} ${(((performance.now() - startedAt) / REQUESTS) * 1000).toFixed(1)}`)
}

function timed(title: string, work: () => readonly unknown[]): void {
  const startedAt = performance.now()
  const { length } = work()
  console.log(`  ${title.padEnd(30)} ${(performance.now() - startedAt).toFixed(1)} ms, ${length} rows`)
}

/** Writes rows in SQL, with their totals: through the ledger they would take an hour. */
function fill(rows: number): void {
  const raw = new DatabaseSync(store.file)
  const today = dayOf(Date.now())
  raw.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN IMMEDIATE')
  raw.exec(`
    INSERT INTO generations (generation_id, held_at, key_name, endpoint, model, size, quality, n, held_micros, outcome,
      cost_micros, is_estimated, images, input_tokens, output_tokens, total_tokens, upstream_request_id, ended_at,
      upstream_ms, duration_ms)
    WITH RECURSIVE i (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x + 1 < ${rows})
    SELECT printf('gen_0b7d4c1e-0000-4000-8000-%012d', x),
      (${today - DAYS} + x * ${DAYS} / ${rows}) * 86400000 + x % 86400000, 'filler-' || (x * 7919 % 200),
      'images.generations', CASE x % 3 WHEN 0 THEN 'gpt-image-2' WHEN 1 THEN 'dall-e-3' ELSE 'gpt-image-1' END,
      '1024x1024', 'medium', 1, 60000, CASE x % 50 WHEN 0 THEN 'failed' ELSE 'completed' END, 42000, 0, 1, 16, 1056,
      1072, '202611230647301234567890ABCDEF', (${today - DAYS} + x * ${DAYS} / ${rows}) * 86400000, 31000, 31002
    FROM i`)
  raw.exec(`
    INSERT INTO daily_totals
    SELECT held_at / 86400000, key_name, model, count(*), sum(outcome <> 'completed'), sum(images), sum(input_tokens),
      sum(output_tokens), sum(cost_micros), 0
    FROM generations WHERE key_name GLOB 'filler-*' GROUP BY 1, 2, 3`)
  raw.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  raw.close()
}

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { dayOf } from '../../src/accounting/period.ts'
import { keyDigest } from '../../src/access/keys/key-secret.ts'
import { LedgerWriter } from '../../src/accounting/ledger-writer.ts'
import { endingCommand } from '../../src/accounting/settlement.ts'
import type { Hold } from '../../src/accounting/ledger.ts'
import { fill } from './fill.ts'
import { KEYS, openStore, settlement } from './orders.ts'
import type { Instance } from '../../src/stores/sqlite/store.ts'

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

const directory = values.dir ?? mkdtempSync(join(tmpdir(), 'comet-bench-'))
const opened = await openStore(directory)
const { store, instance, keys, orderOf } = opened

console.log(`Per request, in µs (lookup, hold, settle; ${KEYS} keys with budget and limits):`)
measure('empty ledger')
for (const connections of [1, 8, 64]) await measureWriter(connections)
lookups()
if (ROWS > 0) {
  fill(store.file, ROWS)
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
opened.close()
if (values.dir === undefined) rmSync(directory, { recursive: true })

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
      writer.settle(await writer.hold(orderOf(index)), settlement())
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
    const orders = Array.from({ length: batch }, (_, index) => ({
      verb: 'hold' as const,
      order: orderOf(done + index),
    }))
    const holds = ledger.write(orders)
    ledger.write(holds.map((hold) => endingCommand(hold as Hold, settlement())))
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

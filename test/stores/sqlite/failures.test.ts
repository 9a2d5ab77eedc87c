import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LedgerWriter } from '../../../src/accounting/ledger-writer.ts'
import { SqliteDatabase } from '../../../src/stores/sqlite/database.ts'
import { SqliteLedger } from '../../../src/stores/sqlite/ledger/ledger.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { eventually } from '../../helpers/eventually.ts'
import { ManualClock } from '../../helpers/time/manual-clock.ts'
import { bought } from '../../helpers/store/settlements.ts'
import { LedgerVerbs, NOON, createKey, held, orderOf } from '../../helpers/store/store.ts'
import type { StoreError } from '../../../src/errors/store-error.ts'

let directory: ReturnType<typeof temporaryDirectory>
let file: string

beforeEach(() => {
  directory = temporaryDirectory()
  file = join(directory.path, 'gateway.db')
})
afterEach(() => directory.remove())

function failure(work: () => unknown): StoreError {
  try {
    work()
  } catch (error) {
    return error as StoreError
  }
  throw new Error('nothing failed')
}
const openingError = (path = directory.path): StoreError => failure(() => Store.forServing(path).close())

describe('opening the file', () => {
  it('makes it, its directory and its log readable by their owner only', () => {
    const path = join(directory.path, 'new', 'data')
    const store = Store.forServing(path)
    createKey(store, { name: 'alice' })
    const modes = ['', 'gateway.db', 'gateway.db-wal'].map((name) => statSync(join(path, name)).mode & 0o777)
    expect(modes).toEqual([0o700, 0o600, 0o600])
    store.close()
  })

  it('takes the rights of others away where a copy had them', () => {
    Store.forServing(directory.path).close()
    chmodSync(file, 0o644)
    Store.forServing(directory.path).close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a link', (target: string) => symlinkSync(target, file)],
    ['a second name', (target: string) => linkSync(target, file)],
    [
      'a file that others could have put a link in the place of',
      (target: string) => {
        renameSync(target, file)
        chmodSync(directory.path, 0o777)
      },
    ],
  ])('changes no mode through %s: the file there may be any of this user’s', (_what, put) => {
    const target = join(directory.path, 'something-else')
    writeFileSync(target, '', { mode: 0o644 })
    put(target)
    Store.forServing(directory.path).close()
    expect(statSync(file).mode & 0o777).toBe(0o644)
  })

  it('says what is wrong with a file that is no database', () => {
    writeFileSync(file, 'keys = alice, bob\n'.repeat(100))
    expect(openingError()).toMatchObject({
      problem: 'not_ours',
      message: expect.stringContaining('is not an SQLite') as unknown,
    })
    expect(readFileSync(file, 'utf8')).toContain('alice')
  })

  it("does not touch another program's database", () => {
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE contacts (name TEXT)')
    other.close()
    const before = readFileSync(file)
    expect(openingError()).toMatchObject({
      problem: 'not_ours',
      message: expect.stringContaining('another program') as unknown,
    })
    expect(readFileSync(file)).toEqual(before)
  })

  it('says what is wrong with a damaged file', () => {
    Store.forServing(directory.path).close()
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0xa5, 100, 4096))
    expect(openingError()).toMatchObject({
      problem: 'corrupt',
      message: expect.stringContaining('restore a backup') as unknown,
    })
  })

  it('refuses a file of a newer gateway', () => {
    Store.forServing(directory.path).close()
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(openingError()).toMatchObject({
      problem: 'too_new',
      message: expect.stringContaining('schema 99') as unknown,
    })
  })

  it('says so where DATA_DIR is a file', () => {
    const path = join(directory.path, 'a-file')
    writeFileSync(path, '')
    expect(openingError(path).message).toContain('is a file')
    expect(openingError(join(path, 'below')).message).toContain('is a file')
  })

  it('says so where a directory stands in its place', () => {
    mkdirSync(file)
    expect(openingError().message).toContain('cannot be opened')
  })

  it('makes nothing for a command that only reads', () => {
    expect(failure(() => Store.forCommand(directory.path, { create: false }))).toMatchObject({ problem: 'missing' })
  })
})

/** Runs work as a user without rights, also where the tests run as root. */
function asNobody<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(65_534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

describe('a directory without the right to write', () => {
  afterEach(() => chmodSync(directory.path, 0o700))

  it('is refused in words, whether the file is there or not', () => {
    chmodSync(directory.path, 0o555)
    expect(asNobody(openingError)).toMatchObject({
      problem: 'unavailable',
      message: expect.stringContaining('owner') as unknown,
    })
    chmodSync(directory.path, 0o755)
    Store.forServing(directory.path).close()
    chmodSync(file, 0o444)
    chmodSync(directory.path, 0o555)
    expect(asNobody(openingError).message).toMatch(/cannot be opened|can only be read/)
  })

  it('is refused in words also where it cannot be looked into', () => {
    chmodSync(directory.path, 0o000)
    expect(asNobody(openingError).message).toContain('check the owner and the mode')
    const reading = (): StoreError => failure(() => Store.forCommand(directory.path, { create: false }))
    expect(asNobody(reading)).toMatchObject({ problem: 'unavailable' })
  })
})

/** A store with a writer on a connection of its own, whose file a test can limit or lock. */
function withWriter(): {
  database: SqliteDatabase
  ledger: SqliteLedger
  writer: LedgerWriter
  failures: unknown[]
  store: Store
  clock: ManualClock
} {
  const store = Store.forServing(directory.path)
  const database = SqliteDatabase.open(directory.path, { create: false, busyTimeoutMs: 20 })
  const ledger = new SqliteLedger(database, 1)
  const failures: unknown[] = []
  const clock = new ManualClock()
  const onWriteFailed = (error: unknown): unknown => failures.push(error)
  const writer = new LedgerWriter({ ledger, onWriteFailed, now: () => clock.now() })
  return { database, ledger, writer, failures, store, clock }
}

describe('a full disk', () => {
  it('refuses new work with 503 storage_full, loses no ending, and is over when there is room', async () => {
    const { database, writer, failures, store } = withWriter()
    const key = createKey(store, { name: 'alice', budget: { limitMicros: 1e9, period: 'day' } })
    const open = await writer.hold(orderOf(key))
    const pages = Number(database.sqlite.prepare('PRAGMA page_count').get()?.['page_count'])
    database.sqlite.exec(`PRAGMA max_page_count = ${pages}`)
    const holds = [open]
    const untilRefused = async (): Promise<unknown> => {
      try {
        for (;;) holds.push(await writer.hold(orderOf(key)))
      } catch (error) {
        return error
      }
    }
    const refusal = await untilRefused()
    expect(refusal).toMatchObject({ code: 'storage_full', status: 503 })
    expect(String(refusal)).not.toContain(directory.path)

    for (const hold of holds) writer.settle(hold, bought(40))
    await eventually('the failure is reported', () => failures.length > 0)
    expect(failures).toMatchObject([{ problem: 'full' }])
    expect(writer.pendingEndings).toBeGreaterThan(0)
    await expect(writer.hold(orderOf(key))).rejects.toMatchObject({ code: 'storage_full' })

    database.sqlite.exec('PRAGMA max_page_count = 100000')
    await writer.idle()
    await expect(writer.hold(orderOf(key))).resolves.toMatchObject({ heldMicros: 100 })
    expect(store.reports.usage({ by: 'key', sinceDay: 0 })).toMatchObject([
      { generations: holds.length, costMicros: holds.length * 40 },
    ])
    expect(failures).toHaveLength(1)
    database.close()
    store.close()
  })
})

describe("another program's transaction on the file", () => {
  it('is waited for without standing still', async () => {
    const { database, writer, store } = withWriter()
    const shell = new DatabaseSync(file)
    shell.exec('BEGIN IMMEDIATE')
    const holding = Promise.all(Array.from({ length: 50 }, () => writer.hold(orderOf(undefined))))
    let ticks = 0
    const counting = setInterval(() => ticks++, 1)
    await eventually('other work goes on', () => expect(ticks).toBeGreaterThan(100))
    shell.exec('COMMIT')
    expect(await holding).toHaveLength(50)
    clearInterval(counting)
    for (const one of [database, shell, store]) one.close()
  })

  it('that goes on and on refuses new work with 503, and delays endings only', async () => {
    const { database, writer, ledger, failures, store, clock } = withWriter()
    const hold = held(new LedgerVerbs(ledger).hold(orderOf(undefined)))
    const shell = new DatabaseSync(file)
    shell.exec('BEGIN IMMEDIATE')
    writer.settle(hold, bought(40))
    const refused = expect(writer.hold(orderOf(undefined))).rejects.toMatchObject({
      code: 'storage_unavailable',
      status: 503,
    })
    await eventually('it is locked', () => expect(failures).toHaveLength(1))
    await clock.advance(5000)
    await refused
    expect(failures).toMatchObject([{ problem: 'locked' }])
    shell.exec('COMMIT')
    await writer.idle()
    expect(store.reports.generations({ limit: 9 })).toMatchObject([{ costMicros: 40, heldAt: NOON }])
    for (const one of [database, shell, store]) one.close()
  })
})

describe('a store that is closed', () => {
  it('refuses what cannot be booked', async () => {
    const { database, writer, store } = withWriter()
    database.close()
    await expect(writer.hold(orderOf(undefined))).rejects.toThrow()
    store.close()
  })
})

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../src/stores/sqlite/store.ts'
import { errorOf } from '../helpers/answers.ts'
import { command } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { eventually } from '../helpers/eventually.ts'
import { UPSTREAM_KEY } from '../helpers/gateways/gateway-client.ts'
import { listening } from '../helpers/gateways/gateway-process.ts'
import { openFilesBelow } from '../helpers/open-files.ts'
import { PatientClock } from '../helpers/time/patient-clock.ts'
import { createKey } from '../helpers/store/store.ts'
import { times } from '../helpers/times.ts'
import { answerJson } from '../helpers/upstream.ts'
import { dalle, dalleAnswer, openTeam } from './world.ts'
import type { CommandResult } from '../helpers/gateways/command.ts'
import type { TeamWorld } from './world.ts'

describe('a gateway that cannot use its file', () => {
  let directory: ReturnType<typeof temporaryDirectory>
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => directory.remove())

  const file = (): string => join(directory.path, 'gateway.db')
  const start = async (path = directory.path): Promise<CommandResult> =>
    command(directory.path, [], { environment: { DATA_DIR: path, COMETAPI_KEY: UPSTREAM_KEY, PORT: '0' } })

  it.each([
    ['no database', () => writeFileSync(file(), 'keys = alice\n'.repeat(100)), 'is not an SQLite database'],
    ['damaged', () => writeFileSync(file(), damaged()), 'is damaged: restore a backup'],
    ['of a newer gateway', () => change('PRAGMA user_version = 99'), 'was written by a newer gateway'],
    ['damaged further down', () => writeFileSync(file(), damagedBelow()), 'is damaged: restore a backup'],
    ["another program's", () => change('PRAGMA application_id = 7'), 'is the database of another program'],
    ['a directory', () => mkdirSync(file()), 'cannot be opened'],
    ['on a path that is a file', () => writeFileSync(`${directory.path}/x`, ''), 'is a file', 'x'],
  ])('says so and ends with 78, where it is %s', async (_what, spoil, words, path = '.') => {
    spoil()
    const { code, stderr, stdout } = await start(join(directory.path, path))
    expect(stderr).toContain(words)
    expect([code, stdout]).toEqual([78, ''])
    expect(stderr).not.toContain('    at ')
  })

  function damaged(): Buffer {
    Store.forServing(directory.path).close()
    return readFileSync(file()).fill(0xa5, 100, 4096)
  }

  /** Only the table of keys: the file can be opened. */
  function damagedBelow(): Buffer {
    const store = Store.forServing(directory.path)
    createKey(store, { name: 'alice' })
    store.close()
    const bytes = readFileSync(file())
    const page = bytes.lastIndexOf('alice') & ~4095
    return bytes.fill(0xa5, page, page + 4096)
  }

  function change(sql: string): void {
    Store.forServing(directory.path).close()
    const database = new DatabaseSync(file())
    database.exec(sql)
    database.close()
  }

  it.runIf(process.getuid?.() !== 0)('says so where the directory can only be read', async () => {
    chmodSync(directory.path, 0o555)
    const { code, stderr } = await start()
    chmodSync(directory.path, 0o700)
    expect([code, stderr]).toEqual([78, expect.stringContaining('check the owner and the mode')])
  })
})

describe('a file that another program has locked', () => {
  let world: TeamWorld
  let shell: DatabaseSync

  beforeEach(async () => {
    world = await openTeam(answerJson(dalleAnswer()))
    shell = new DatabaseSync(join(world.directory, 'gateway.db'))
  })
  afterEach(async () => {
    if (shell.isTransaction) shell.exec('COMMIT')
    shell.close()
    await world.close()
  })

  it('for a second does not keep a gateway from starting', async () => {
    shell.exec('BEGIN IMMEDIATE')
    const launched = world.launch()
    await eventually('it has opened the file', () => openFilesBelow(world.directory, launched.pid) > 0)
    await new Promise((resolve) => setTimeout(resolve, 300)) // it has tried by then, on most machines
    shell.exec('COMMIT')
    const gateway = await listening(launched)
    expect((await gateway.post(dalle, {})).status).toBe(200)
    gateway.signal('SIGTERM')
    expect(await gateway.ended()).toBe(0)
  })

  it('for seconds: nothing is forwarded, 503 after five, other work goes on, and it is over by itself', async () => {
    const alice = await world.issue({ name: 'alice' })
    const clock = new PatientClock()
    const gateway = await world.start({}, { clock })
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
    await world.idle()
    shell.exec('BEGIN IMMEDIATE')
    let answered = 0
    const waiting = times(10, async () => gateway.post(dalle, alice.headers).finally(() => answered++))
    await clock.advance(4999)
    expect((await gateway.get('/healthz')).status).toBe(200)
    expect(answered).toBe(0)
    await eventually('all are refused', async () => {
      await clock.advance(5000)
      return answered === waiting.length
    })
    const [answer, ...others] = await Promise.all(waiting)
    for (const { status } of others) expect(status).toBe(503)
    expect([answer?.status, answer?.headers.get('retry-after')]).toEqual([503, '5'])
    const { code, message } = answer === undefined ? { code: '', message: '' } : await errorOf(answer)
    expect([code, message]).toEqual(['storage_unavailable', expect.stringContaining('nothing was sent')])
    expect(message).not.toContain(world.directory)
    expect(world.upstream.received).toHaveLength(1)
    shell.exec('COMMIT')
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
  })

  it('while a generation ends: it is booked when the file is free', async () => {
    const alice = await world.issue({ name: 'alice' })
    let locked = false
    world.upstream.script = (response, request) => {
      shell.exec('BEGIN IMMEDIATE')
      locked = true
      return answerJson(dalleAnswer())(response, request)
    }
    const gateway = await world.start()
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
    expect([locked, world.rowsNow().length]).toEqual([true, 0])
    await eventually('it is said', () => expect(gateway.lines.join('')).toContain('endings cannot be booked now'))
    shell.exec('COMMIT')
    await world.idle()
    expect(await world.rows()).toMatchObject([{ outcome: 'completed', costMicros: 40_000 }])
  })
})

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { errorOf } from '../helpers/answers.ts'
import { command } from '../helpers/gateways/command.ts'
import { eventually } from '../helpers/eventually.ts'
import { launchGateway } from '../helpers/gateways/gateway-process.ts'
import { LOSSES } from '../helpers/store/losing.ts'
import { answerJson, gated, scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import { bearer, dalle, dalleAnswer } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { World } from '../helpers/world.ts'

const LOST = 'the database is not in its place: no order is taken until it is back'
const BACK = 'the database is back in its place: orders are taken again'
/** An emptied file has pages of the old one when its process has ended: it is no database any more. */
const REFUSED = /had virtual keys|is not an SQLite database|is damaged/
let world: World<ScriptedUpstream>
let directory: string
let alice: Record<string, string>

beforeEach(async () => {
  world = openWorld(await scriptedUpstream(answerJson(dalleAnswer())), { DATABASE: 'true' })
  directory = join(world.directory, 'data')
  alice = await makeKey('alice')
})
afterEach(async () => world.close())

async function makeKey(name: string): Promise<Record<string, string>> {
  const store = Store.forCommand(directory, { create: true })
  const { secret } = await new VirtualKeys(store.keys).create(checkedSettings({ name }), Date.now())
  store.close()
  return bearer(secret)
}

const start = async (more: Record<string, string> = {}): Promise<TestGateway> =>
  world.start({ DATA_DIR: directory, ...more })

async function readiness(gateway: TestGateway): Promise<[number, unknown]> {
  const answer = await gateway.get('/readyz')
  return [answer.status, ((await answer.json()) as { status: unknown }).status]
}

const said = ({ lines }: TestGateway, words: string): number => lines.filter((line) => line.includes(words)).length

describe.each(LOSSES)('a gateway whose database is lost: $name', ({ lose, undo }) => {
  it('sells nothing, says so once, and goes on by itself when it is back', async () => {
    const gateway = await start()
    expect((await gateway.post(dalle, alice)).status).toBe(200)
    lose(directory)
    expect(await readiness(gateway)).toEqual([503, 'storage_unavailable'])
    for (let order = 0; order < 3; order++) {
      const answer = await gateway.post(dalle, alice)
      const { code, message } = await errorOf(answer)
      expect([answer.status, code, answer.headers.get('retry-after')]).toEqual([503, 'storage_unavailable', '5'])
      expect(message).not.toContain(directory)
    }
    expect([world.upstream.received.length, said(gateway, LOST), said(gateway, BACK)]).toEqual([1, 1, 0])
    expect((await gateway.post(dalle)).status).toBe(401)
    if (undo === undefined) return
    undo(directory)
    expect(await readiness(gateway)).toEqual([200, 'ready'])
    expect((await gateway.post(dalle, alice)).status).toBe(200)
    expect([world.upstream.received.length, said(gateway, LOST), said(gateway, BACK)]).toEqual([2, 1, 1])
    expect(readdirSync(world.directory).filter((name) => name.endsWith('.txt'))).toEqual([])
  })

  it('lets nobody call without a key after a restart', async () => {
    const gateway = await start()
    expect((await gateway.post(dalle, alice)).status).toBe(200)
    lose(directory)
    await gateway.close()
    const restarted = await start().catch((error: unknown) => error as Error)
    if ('url' in restarted) expect((await restarted.post(dalle)).status).toBe(401)
    else expect([restarted.name, restarted.message]).toEqual(['ConfigError', expect.stringMatching(REFUSED)])
    expect(world.upstream.received).toHaveLength(1)
    if (undo === undefined || 'url' in restarted) return
    undo(directory)
    const third = await start()
    expect((await third.post(dalle, alice)).status).toBe(200)
    expect((await third.post(dalle)).status).toBe(401)
  })

  it('also where it was killed', { timeout: 60_000 }, async () => {
    const gateway = await world.spawn({ DATA_DIR: directory })
    expect((await gateway.post(dalle, alice)).status).toBe(200)
    lose(directory)
    await eventually('it is said', () => gateway.logged(LOST).length === 1)
    gateway.signal('SIGKILL')
    await gateway.ended()
    await expect(start()).rejects.toMatchObject({ name: 'ConfigError' })
    expect(world.upstream.received).toHaveLength(1)
  })
})

describe('a data directory that had virtual keys', () => {
  const lost = (): void => LOSSES[0]?.lose(directory)

  it('refuses to start without them in plain words, with 78, and doctor says the same', async () => {
    lost()
    const gateway = launchGateway({ DATA_DIR: directory, COMETAPI_BASE_URL: world.upstream.url })
    expect(await gateway.ended()).toBe(78)
    expect(gateway.output()).toContain('anyone on this machine could call: DATA_DIR (')
    expect(gateway.output()).toContain('Put its gateway.db back')
    expect(gateway.output()).toContain(`delete ${join(directory, 'VIRTUAL-KEYS.txt')}`)
    expect(gateway.output()).not.toContain('    at ')
    expect(existsSync(join(directory, 'gateway.db'))).toBe(false)
    const environment = { DATA_DIR: directory, SANDBOX: 'true' }
    const { stdout, code } = await command(world.directory, ['doctor'], { environment })
    expect([code, stdout]).toEqual([1, expect.stringMatching(/NO {2}data directory .*had virtual keys/)])
  })

  it('starts again with a new key, and asks for it', async () => {
    lost()
    const bob = await makeKey('bob')
    const gateway = await start()
    expect((await gateway.post(dalle, bob)).status).toBe(200)
    expect((await gateway.post(dalle, alice)).status).toBe(401)
    expect((await gateway.post(dalle)).status).toBe(401)
  })

  it('starts without keys where the operator has deleted the mark, and says so', async () => {
    lost()
    rmSync(join(directory, 'VIRTUAL-KEYS.txt'))
    const gateway = await start()
    expect((await gateway.post(dalle)).status).toBe(200)
    expect(said(gateway, 'anyone on this machine may call')).toBe(1)
    expect(said(gateway, 'a new database was made')).toBe(1)
  })

  it('starts with GATEWAY_KEYS, which let nobody else in, and says that the others are gone', async () => {
    lost()
    const gateway = await start({ GATEWAY_KEYS: 'carol=sk-gw-carol-0123456789abcdef' })
    expect((await gateway.post(dalle)).status).toBe(401)
    expect(said(gateway, 'had virtual keys, and they are gone')).toBe(1)
  })

  it('says at the start that DATABASE=false lets everybody in', async () => {
    const gateway = await start({ DATABASE: 'false' })
    expect((await gateway.post(dalle)).status).toBe(200)
    expect(said(gateway, 'DATABASE=false: the virtual keys in DATA_DIR are not asked for')).toBe(1)
  })

  it('has a mark also where the keys were made before there were marks', async () => {
    rmSync(join(directory, 'VIRTUAL-KEYS.txt'))
    await (await start()).close()
    lost()
    await expect(start()).rejects.toMatchObject({ name: 'ConfigError' })
  })
})

describe('generations under way while the database is lost', () => {
  it.each(LOSSES.filter(({ undo }) => undo !== undefined))(
    'are booked when it is back: $name',
    async ({ lose, undo }) => {
      const { script, open } = gated(answerJson(dalleAnswer()))
      world.upstream.script = script
      const gateway = await start()
      const answer = gateway.post(dalle, alice)
      await eventually('it is upstream', () => world.upstream.received.length === 1)
      lose(directory)
      expect(await readiness(gateway)).toEqual([503, 'storage_unavailable'])
      open()
      expect((await answer).status).toBe(200)
      undo?.(directory)
      expect(await readiness(gateway)).toEqual([200, 'ready'])
      const store = Store.forCommand(directory, { create: false })
      const rows = await eventually('it is booked', () => {
        const all = store.reports.generations({ limit: 9 })
        return all.length > 0 && all
      })
      store.close()
      expect(rows).toMatchObject([{ outcome: 'completed', keyName: 'alice', costMicros: 40_000 }])
    },
  )

  it.each(LOSSES)('do not keep the process from stopping: $name', async ({ lose }) => {
    const { script, open } = gated(answerJson(dalleAnswer()))
    world.upstream.script = script
    const gateway = await start()
    const answer = gateway.post(dalle, alice)
    await eventually('it is upstream', () => world.upstream.received.length === 1)
    lose(directory)
    open()
    expect((await answer).status).toBe(200)
    await gateway.close()
    expect(said(gateway, '"msg":"stopped"')).toBe(1)
  })
})

describe('a directory that was renamed', () => {
  it('is not made again by an upload or a kept answer, so that it can be renamed back', async () => {
    const gateway = await start()
    const rename = LOSSES.find(({ name }) => name === 'in a directory that was renamed')
    rename?.lose(directory)
    const form = new FormData()
    form.append('model', 'gpt-image-2')
    form.append('prompt', 'A paper boat')
    form.append('image', new Blob([Buffer.alloc(1_000_000)], { type: 'image/png' }), 'a.png')
    const answer = await fetch(`${gateway.url}/v1/images/edits`, { method: 'POST', body: form, headers: alice })
    expect([answer.status, (await errorOf(answer)).code]).toEqual([503, 'storage_unavailable'])
    expect(existsSync(directory)).toBe(false)
    rename?.undo?.(directory)
    expect((await gateway.post(dalle, alice)).status).toBe(200)
  })
})

import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../helpers/gateways/command.ts'
import { answerJson } from '../helpers/upstream.ts'
import { dalle, DALLE_MICROS, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => world.close())

/** As docs/operations.md says: the copy becomes `gateway.db` in an empty directory. */
function restored(copy: string): string {
  const volume = join(world.directory, 'volume')
  mkdirSync(volume, { mode: 0o700 })
  copyFileSync(copy, join(volume, 'gateway.db'))
  chmodSync(join(volume, 'gateway.db'), 0o600)
  return volume
}

describe('a backup that is restored into an empty volume', () => {
  it('serves with the same keys, budgets and books, and knows no key that was made later', async () => {
    const alice = await world.issue({ name: 'alice', budget: { limitMicros: 3 * DALLE_MICROS, period: 'month' } })
    const before = await world.start()
    expect((await before.post(dalle, alice.headers)).status).toBe(200)
    await world.idle()
    const copy = join(world.directory, 'copy.db')
    const backup = await command(world.directory, ['backup', copy], { environment: { DATA_DIR: world.directory } })
    expect([backup.code, backup.stderr]).toEqual([0, expect.any(String)])
    const bob = await world.issue({ name: 'bob' })
    expect((await before.post(dalle, alice.headers)).status).toBe(200)

    const after = await world.start({ DATA_DIR: restored(copy) })
    const spent = async () => (await (await after.get('/gateway/me', alice.headers)).json()) as object
    expect(await spent()).toMatchObject({ name: 'alice', spent_usd: DALLE_MICROS / 1e6 })
    expect((await after.post(dalle, bob.headers)).status).toBe(401)
    const orders = [await after.post(dalle, alice.headers), await after.post(dalle, alice.headers)]
    expect(orders.map(({ status }) => status)).toEqual([200, 200])
    expect((await after.post(dalle, alice.headers)).status).toBe(429)
  })
})

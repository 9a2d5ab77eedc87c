import { afterEach, beforeEach, expect, it } from 'vitest'
import { command } from '../helpers/gateways/command.ts'
import { answerJson } from '../helpers/upstream.ts'
import { bearer, dalle, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

const ADMIN_KEY = 'admin-key-0123456789abcdef'
let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => {
  await world.close()
})

it('a spend limit is shown by /readyz, /gateway/usage and the command, from the first order to the last', async () => {
  const environment = { SPEND_LIMIT: '0.04/total' }
  const gateway = await world.start({ ...environment, ADMIN_KEY })
  const shown = async (): Promise<unknown[]> => {
    const usage = (await (await gateway.get('/gateway/usage', bearer(ADMIN_KEY))).json()) as Record<string, unknown>
    const ready = await gateway.get('/readyz')
    return [usage['spend_limit'], ready.status, await ready.json()]
  }
  const limit = { usd: 0.04, period: 'total', held_usd: 0, resets_at: null }
  expect(await shown()).toEqual([{ ...limit, spent_usd: 0, left_usd: 0.04 }, 200, { status: 'ready' }])
  expect((await gateway.post(dalle, bearer(ADMIN_KEY))).status).toBe(200)
  await world.idle()
  const usedUp = { status: 'ready', spend_limit: 'used_up' }
  expect(await shown()).toEqual([{ ...limit, spent_usd: 0.04, left_usd: 0 }, 200, usedUp])
  const { stderr } = await command(world.directory, ['usage'], {
    environment: { ...environment, DATA_DIR: world.directory },
  })
  expect(stderr).toBe('SPEND_LIMIT is $0.04 in total: $0.04 spent, $0.00 left.\n')
  const without = await world.start({ ADMIN_KEY })
  const usage = await without.get('/gateway/usage', bearer(ADMIN_KEY))
  expect(await usage.json()).toMatchObject({ spend_limit: null })
})

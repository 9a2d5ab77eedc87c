import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { command } from '../helpers/gateways/command.ts'
import { answerJson } from '../helpers/upstream.ts'
import { bearer, dalle, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

const CAROL = 'sk-gw-carol-0123456789abcdef'
const ADMIN = 'admin-0123456789-0123456789'
let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => world.close())

describe('a gateway on loopback without any key', () => {
  it('serves anyone on the machine, whatever key they send, until the first key is made', async () => {
    const gateway = await world.start()
    expect((await gateway.post(dalle)).status).toBe(200)
    expect((await gateway.post(dalle, bearer('sk-anything'))).status).toBe(200)
    const environment = { DATA_DIR: world.directory }
    const { stdout } = await command(world.directory, ['keys', 'create', 'alice'], { environment })
    expect((await gateway.post(dalle)).status).toBe(401)
    expect((await gateway.post(dalle, bearer('sk-anything'))).status).toBe(401)
    expect((await gateway.get('/v1/models')).status).toBe(401)
    expect((await gateway.get('/gateway/models')).status).toBe(401)
    expect((await gateway.post(dalle, bearer(stdout.trim()))).status).toBe(200)
    await world.idle()
    expect((await world.rows()).map(({ keyName }) => keyName)).toEqual(['alice', 'anonymous', 'anonymous'])
  })

  it('does not open again when the only key is revoked', async () => {
    const gateway = await world.start()
    await world.issue({ name: 'alice' })
    world.store.keys.revoke('alice', Date.now())
    expect((await gateway.post(dalle)).status).toBe(401)
  })
})

describe('GATEWAY_KEYS', () => {
  it('work beside virtual keys, and stand in the ledger under their names', async () => {
    const alice = await world.issue({ name: 'alice' })
    const gateway = await world.start({ GATEWAY_KEYS: `carol=${CAROL}`, ADMIN_KEY: ADMIN })
    for (const secret of [alice.secret, CAROL, ADMIN])
      expect((await gateway.post(dalle, bearer(secret))).status).toBe(200)
    expect((await gateway.post(dalle, bearer(`${CAROL}x`))).status).toBe(401)
    await world.idle()
    expect((await world.rows()).map(({ keyName, costMicros }) => [keyName, costMicros])).toEqual([
      ['admin', 40_000],
      ['carol', 40_000],
      ['alice', 40_000],
    ])
  })

  it('with a database and no virtual key yet ask for a key, too', async () => {
    const gateway = await world.start({ GATEWAY_KEYS: `carol=${CAROL}` })
    expect((await gateway.post(dalle)).status).toBe(401)
    expect((await gateway.post(dalle, bearer(CAROL))).status).toBe(200)
  })

  it('go on working without a database, where virtual keys do not', async () => {
    const alice = await world.issue({ name: 'alice' })
    const gateway = await world.start({ GATEWAY_KEYS: `carol=${CAROL}`, DATABASE: 'false' })
    expect((await gateway.post(dalle, bearer(CAROL))).status).toBe(200)
    expect((await gateway.post(dalle, alice.headers)).status).toBe(401)
  })

  it('may not have the name of a virtual key: the gateway does not start', async () => {
    await world.issue({ name: 'carol' })
    await expect(world.start({ GATEWAY_KEYS: `carol=${CAROL}` })).rejects.toMatchObject({
      name: 'ConfigError',
      problems: [expect.stringContaining('GATEWAY_KEYS has the name carol')],
    })
  })

  it('keep their name to themselves where a virtual key of that name is made while the gateway runs', async () => {
    const gateway = await world.start({ GATEWAY_KEYS: `carol=${CAROL}` })
    const clash = await world.issue({ name: 'carol', models: ['dall-e-3'] })
    expect((await gateway.post(dalle, bearer(CAROL))).status).toBe(200)
    const answer = await gateway.post(dalle, clash.headers)
    expect([answer.status, (await errorOf(answer)).message]).toEqual([401, expect.stringContaining('same name')])
    await world.idle()
    expect(await world.rows()).toHaveLength(1)
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { ADMIN_KEY, BOB, teamGateway } from './team-gateway.ts'
import type { TeamGateway } from './team-gateway.ts'

const ALIASES = { cheap: 'dall-e-2', dear: 'gpt-image-2' }
const directory = temporaryDirectory()
const keys: Record<string, string> = { admin: ADMIN_KEY, bob: BOB }
let team: TeamGateway

beforeAll(async () => {
  const file = join(directory.path, 'models.json')
  writeFileSync(file, JSON.stringify({ aliases: ALIASES }))
  team = await teamGateway({ MODELS_FILE: file })
  keys['alice'] = await team.key({ name: 'alice', models: ['dall-e-2', 'gpt-image-2.5-*', 'doubao-seedream-4-5-9'] })
  keys['free'] = await team.key({ name: 'free' })
  keys['carol'] = await team.key({ name: 'carol', models: ['something-else'] })
})
afterAll(async () => {
  await team.close()
  directory.remove()
})

const idsOf = (data: unknown): string[] => (data as { id: string }[]).map(({ id }) => id)
const see = async (who: string, path: string) => team.as(keys[who] ?? '', 'GET', path)
const listed = async (who: string, path = '/v1/models') => idsOf((await see(who, path)).body['data'])

describe('GET /v1/models', () => {
  it('shows a virtual key the models that it may use, and their aliases', async () => {
    expect(await listed('alice')).toEqual(['gpt-image-2.5-flare', 'gpt-image-2.5-sunburst', 'dall-e-2', 'cheap'])
    expect(await listed('carol')).toEqual([])
  })

  it.each(['admin', 'bob', 'free'])('shows %s all of them', async (who) => {
    expect(await listed(who)).toEqual(
      expect.arrayContaining(['gpt-image-2', 'dall-e-2', 'qwen-image', 'cheap', 'dear']),
    )
  })
})

describe('GET /v1/models/{id}', () => {
  it.each(['dall-e-2', 'cheap', 'gpt-image-2.5-flare', 'gpt-image-2.5-next', 'openai/dall-e-2'])(
    'shows a virtual key %s, which it may use',
    async (id) => {
      expect(await see('alice', `/v1/models/${encodeURIComponent(id)}`)).toMatchObject({ status: 200, body: { id } })
    },
  )

  it.each(['gpt-image-2', 'dear', 'openai/gpt-image-2', 'gpt-image-2.6-next'])(
    'answers about %s, which it may not use, as about a model that does not exist',
    async (id) => {
      const unknown = await see('alice', '/v1/models/nothing-here')
      const { status, body } = await see('alice', `/v1/models/${encodeURIComponent(id)}`)
      expect(status).toBe(404)
      expect(JSON.stringify(body).replace(id, 'nothing-here')).toBe(JSON.stringify(unknown.body))
      expect((await see('admin', `/v1/models/${encodeURIComponent(id)}`)).status).toBe(200)
    },
  )
})

describe('GET /gateway/models', () => {
  it('shows a virtual key the rules of the models that it may use, those of prefixes too', async () => {
    expect(await listed('alice', '/gateway/models')).toEqual([
      'gpt-image-2.5-flare',
      'gpt-image-2.5-sunburst',
      'gpt-image-2.5-*',
      'dall-e-2',
      'doubao-seedream-4-5-*',
    ])
    expect((await see('alice', '/gateway/models')).body['aliases']).toEqual({ cheap: 'dall-e-2' })
  })

  it('shows the administrator all of them', async () => {
    expect((await listed('admin', '/gateway/models')).length).toBeGreaterThan(30)
    expect((await see('admin', '/gateway/models')).body['aliases']).toEqual(ALIASES)
  })
})

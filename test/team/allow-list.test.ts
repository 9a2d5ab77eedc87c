import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf } from '../helpers/answers.ts'
import { answerJson } from '../helpers/upstream.ts'
import { formEdit } from './orders.ts'
import { dalleAnswer, openTeam } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Holder, TeamWorld } from './world.ts'

let world: TeamWorld
let alice: Holder
let gateway: TestGateway

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  alice = await world.issue({ name: 'alice', models: ['dall-e-3', 'team-*'] })
  const file = join(world.directory, 'models.json')
  const aliases = { cheap: 'dall-e-3', 'team-dear': 'gpt-image-2', 'dall-e-3-team': 'gpt-image-2' }
  writeFileSync(file, JSON.stringify({ aliases }))
  gateway = await world.start({ MODELS_FILE: file })
})
afterEach(async () => world.close())

const send = async (body: string, path?: string): Promise<Response> => gateway.post(body, alice.headers, path)
const bodyFor = (model: string): string => JSON.stringify({ model, prompt: 'A paper boat' })

describe('a key for dall-e-3 and team-*', () => {
  it.each([
    ['the model itself', 'dall-e-3', 'dall-e-3'],
    ['an alias of it', 'cheap', 'dall-e-3'],
    ['what its pattern fits', 'team-experiment', 'team-experiment'],
  ])('may use %s', async (_what, model, sent) => {
    expect((await send(bodyFor(model))).status).toBe(200)
    const [request] = world.upstream.received
    expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({ model: sent })
  })

  it.each([
    ['another model', 'gpt-image-2', 403],
    ['an alias that fits the pattern and stands for another model', 'team-dear', 403],
    ['an alias that begins like the model', 'dall-e-3-team', 403],
    ['a model nobody knows', 'dall-e-4', 403],
    ['its name in capitals', 'DALL-E-3', 404],
    ['its name with a space', ' dall-e-3', 404],
    ['its name with a line break', 'dall-e-3\n', 404],
    ['another model with a space', 'gpt-image-2 ', 404],
    ['another model in capitals', 'GPT-Image-2', 404],
    ['its name with a zero-width space', 'dall-e-3\u200b', 404],
    ['its name in other characters', 'dall‑e‑3', 404],
    ['its name and a path', 'dall-e-3/../gpt-image-2', 403],
    ['its name and a comma', 'dall-e-3,gpt-image-2', 403],
    ['its name and a null', 'dall-e-3\u0000', 404],
    ['no name', '', 400],
    ['a pattern of everything', '*', 403],
  ])('may not use %s', async (_what, model, status) => {
    const answer = await send(bodyFor(model))
    expect([answer.status, world.upstream.received.length]).toEqual([status, 0])
  })

  it('is told which models it may use', async () => {
    const answer = await send(bodyFor('gpt-image-2'))
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([403, 'false'])
    expect(await errorOf(answer)).toEqual({
      message: "The key 'alice' may not use the model 'gpt-image-2'. It may use: dall-e-3, team-*.",
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_allowed',
    })
  })

  it.each([
    ['twice', '{"model":"dall-e-3","prompt":"A boat","model":"gpt-image-2"}'],
    ['twice, the allowed one last', '{"model":"gpt-image-2","prompt":"A boat","model":"dall-e-3"}'],
    ['in an escape', '{"mod\\u0065l":"dall-e-3","prompt":"A boat","model":"gpt-image-2"}'],
    ['in capitals beside it', '{"model":"dall-e-3","prompt":"A boat","Model":"gpt-image-2"}'],
    ['in mixed case, of a model nobody knows', '{"model":"team-x","prompt":"A boat","mODEl":"gpt-image-2"}'],
    ['and a second number of images', '{"model":"team-x","prompt":"A boat","n":1,"N":10}'],
    ['in a list', '{"model":["dall-e-3","gpt-image-2"],"prompt":"A boat"}'],
    ['in capitals, of a model nobody knows', '{"model":"team-x","prompt":"A boat","Model":"gpt-image-2"}'],
    ['in capitals first, of a model nobody knows', '{"MODEL":"gpt-image-2","prompt":"A boat","model":"team-x"}'],
  ])('may not name the model %s', async (_what, body) => {
    const answer = await send(body)
    expect([answer.status, world.upstream.received.length]).toEqual([400, 0])
  })

  it('may not reach another model through the default ones', async () => {
    const drawn = await world.start({ DEFAULT_MODEL: 'gpt-image-2' })
    const answer = await drawn.post({ prompt: 'A paper boat' }, alice.headers)
    expect([answer.status, (await errorOf(answer)).code]).toEqual([403, 'model_not_allowed'])
    const { body, headers } = await formEdit()
    const edit = Buffer.from(Buffer.from(body).toString('latin1').replace('name="model"', 'name="user"'), 'latin1')
    const edited = await gateway.post(edit, { ...headers, ...alice.headers }, '/v1/images/edits')
    expect([edited.status, (await errorOf(edited)).code]).toEqual([403, 'model_not_allowed'])
    expect((await send('{"prompt":"A paper boat"}')).status).toBe(200) // the default is dall-e-3
    expect(world.upstream.received).toHaveLength(1)
  })

  it('may not ask what another model takes and costs', async () => {
    const answer = await send(bodyFor('gpt-image-2'), '/gateway/check')
    expect(await answer.json()).toMatchObject({ valid: false, error: { code: 'model_not_allowed' } })
    expect(await (await send(bodyFor('cheap'), '/gateway/check')).json()).toMatchObject({ valid: true })
  })

  it('loses a model with the next request after its list is changed', async () => {
    expect((await send(bodyFor('dall-e-3'))).status).toBe(200)
    world.store.keys.update('alice', { models: ['team-*'] }, Date.now())
    expect((await send(bodyFor('dall-e-3'))).status).toBe(403)
    expect((await send(bodyFor('cheap'))).status).toBe(403)
    expect(await world.rows()).toHaveLength(1)
  })
})

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../helpers/gateways/command.ts'
import { answerJson } from '../helpers/upstream.ts'
import { dalle, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

const PROMPT = 'zanzibar-secret-prompt'
let world: TeamWorld

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
})
afterEach(async () => world.close())

/** Every byte below the data directory. */
function filesIn(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n')
}

describe('neither a key nor a prompt', () => {
  it('stands in the file, the log, an answer, a header, the metrics or the reports', async () => {
    const alice = await world.issue({
      name: 'alice',
      note: 'for tests',
      budget: { limitMicros: 90_000, period: 'day' },
    })
    const gateway = await world.start()
    const said: string[] = []
    const order = async (body: object, headers: Record<string, string>): Promise<void> => {
      const answer = await gateway.post(body, { ...headers, 'x-gateway-adopt': 'never' })
      said.push(await answer.text(), JSON.stringify([...answer.headers]))
    }
    const prompt = `${PROMPT} ${'x'.repeat(50)}`
    await order({ ...dalle, prompt }, alice.headers)
    await order({ ...dalle, prompt, size: prompt, quality: prompt, user: PROMPT }, alice.headers)
    await order({ ...dalle, prompt, model: prompt }, alice.headers)
    world.upstream.script = answerJson(
      { error: { message: `bad ${prompt} ${alice.secret}`, type: '', code: prompt } },
      500,
    )
    await order({ ...dalle, prompt }, alice.headers)
    await order({ ...dalle, prompt }, alice.headers) // out of budget
    world.store.keys.update('alice', { isDisabled: true }, Date.now())
    await order({ ...dalle, prompt }, alice.headers)
    await order({ ...dalle, prompt }, { authorization: `Bearer ${alice.secret.slice(0, -1)}x` })
    await world.idle()
    const answer = await gateway.get(`/v1/models?key=${alice.secret}`)
    said.push(await answer.text(), await (await gateway.get('/metrics')).text())
    const environment = { DATA_DIR: world.directory }
    for (const args of [['keys', 'show', 'alice', '--json'], ['keys', 'list'], ['generations', '--json'], ['usage']])
      said.push(JSON.stringify(await command(world.directory, args, { environment })))

    const secrets = [alice.secret, alice.secret.slice(6, 20), alice.secret.slice(-16), PROMPT]
    const places = { file: filesIn(world.directory), log: gateway.lines.join('\n'), said: said.join('\n') }
    expect(places.file).toContain('SQLite format 3')
    expect(places.log).toContain('insufficient_quota')
    for (const [place, text] of Object.entries(places)) {
      const found = secrets.filter((secret) => text.includes(secret))
      // The client's own words may come back to it in the refusal of a value; its key never.
      expect([place, place === 'said' ? found.filter((secret) => secret !== PROMPT) : found]).toEqual([place, []])
    }
    expect((await world.rows()).length).toBeGreaterThanOrEqual(2)
  })
})

describe('DATABASE=false', () => {
  it('makes no file, and takes no notice of one', async () => {
    const directory = join(world.directory, 'elsewhere')
    const gateway = await world.start({ DATABASE: 'false', DATA_DIR: directory })
    expect((await gateway.post(dalle)).status).toBe(200)
    expect(existsSync(join(directory, 'gateway.db'))).toBe(false)
  })
})

describe('what people write into names of models', () => {
  it.each(["x'); DROP TABLE generations; --", '=cmd|calc', 'a"b\\c{}', 'x\u001b[2J', 'ünïcödé 模型', '‮evil'])(
    'stays text: %j',
    async (model) => {
      const alice = await world.issue({ name: 'alice' })
      const gateway = await world.start()
      expect((await gateway.post({ model, prompt: 'A boat' }, alice.headers)).status).toBe(200)
      await world.idle()
      expect(await world.rows()).toMatchObject([{ model, outcome: 'completed' }])
      const metrics = await (await gateway.get('/metrics')).text()
      expect(metrics).toContain('model="other",key="alice"')
      expect(metrics).not.toContain(model)
    },
  )
})

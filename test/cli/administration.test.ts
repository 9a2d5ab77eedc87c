import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyDigest, keyShape } from '../../src/access/keys/key-secret.ts'
import { dateOfDay, dayOf } from '../../src/accounting/period.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { command } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { DAY, LedgerVerbs, cost, held, orderOf } from '../helpers/store/store.ts'
import type { Instance } from '../../src/stores/sqlite/store.ts'

/** A gateway's own connection is open all the while, as beside a live server. */
let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let instance: Instance
const now = Date.now()
const run = (...args: string[]) => command(directory.path, args)
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).stdout)

beforeAll(() => {
  directory = temporaryDirectory()
  store = Store.forServing(join(directory.path, 'data'))
  instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
})
afterAll(() => {
  instance.close()
  store.close()
  directory.remove()
})

describe('comet-gateway keys', () => {
  it('create prints the key alone on standard output, once', async () => {
    const limits = ['--budget', '0.50/day', '--models', 'gpt-image-*,dall-e-3', '--rpm', '30', '--note', 'design team']
    const { code, stdout } = await run('keys', 'create', 'alice', ...limits)
    expect([code, keyShape(stdout.trim())]).toEqual([0, 'well_formed'])
    expect(store.keys.find(keyDigest(stdout.trim()))?.key).toMatchObject({
      name: 'alice',
      models: ['gpt-image-*', 'dall-e-3'],
      requestsPerMinute: 30,
      budget: { limitMicros: 500_000, period: 'day' },
    })
    expect((await run('keys', 'show', 'alice')).stdout).not.toContain(stdout.trim())
  })

  it.each([
    ['a budget without a period', ['--budget', '25'], 64, '25/month or 0.50/day'],
    ['a budget of many decimals', ['--budget', '0.0000001/day'], 64, '25/month'],
    ['a highest cost that is no amount', ['--max-cost', '0.10/day'], 64, 'an amount in USD'],
    ['a limit of nothing', ['--rpm', '0'], 64, 'whole number'],
    ['defaults that cannot be read', ['--defaults', 'quality'], 64, 'must look like quality=medium'],
    ['defaults that no model takes', ['--defaults', 'quality=ultra'], 1, 'No model takes quality=ultra.'],
    ['a day that does not exist', ['--expires', '2027-02-31'], 64, 'a date in UTC'],
    ['an escape sequence', ['--note', '\u001b[2J'], 1, 'control characters'],
    ['a flag that does not exist', ['--fly'], 64, 'unknown option'],
  ])('create refuses %s', async (_what, args, code, words) => {
    const result = await run('keys', 'create', 'mallory', ...args)
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(words) as unknown })
    expect(result.stderr).not.toContain('    at ')
  })

  it('create refuses names that are taken, also by GATEWAY_KEYS', async () => {
    expect(await run('keys', 'create', 'alice')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('taken') as unknown,
    })
    const environment = { GATEWAY_KEYS: 'carol=sk-gw-0123456789abcdef' }
    const result = await command(directory.path, ['keys', 'create', 'carol'], { environment })
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('GATEWAY_KEYS') as unknown })
  })

  it('update changes what is named, and takes away what is none', async () => {
    const changes = ['--budget', '2/week', '--rpm', 'none', '--in-flight', '4', '--expires', '2099-01-01', '--disable']
    expect(await json('keys', 'update', 'alice', ...changes)).toMatchObject({
      status: 'disabled',
      budget_usd: 2,
      budget_period: 'week',
      requests_per_minute: null,
      max_in_flight: 4,
      expires_at: '2099-01-01T00:00:00.000Z',
      note: 'design team',
    })
    expect(await json('keys', 'update', 'alice', '--enable', '--expires', 'none')).toMatchObject({
      status: 'active',
      expires_at: null,
    })
  })

  it('create and update take the highest cost of one request', async () => {
    expect(await json('keys', 'create', 'erin', '--max-cost', '0.10')).toMatchObject({ max_cost_usd: 0.1 })
    expect(store.keys.named('erin').maxCostMicros).toBe(100_000)
    expect((await run('keys', 'show', 'erin')).stdout).toMatch(/max cost +\$0\.10/)
    expect(await json('keys', 'update', 'erin', '--max-cost', 'none')).toMatchObject({ max_cost_usd: null })
    store.keys.revoke('erin', now)
  })

  it('create and update take defaults, which show and list name', async () => {
    const made = ['keys', 'create', 'dora', '--defaults', 'quality=medium,size=1024x1024']
    expect(await json(...made)).toMatchObject({ defaults: 'quality=medium,size=1024x1024' })
    expect(store.keys.named('dora').defaults).toEqual({ quality: 'medium', size: '1024x1024' })
    expect(await json('keys', 'update', 'dora', '--defaults', 'quality=low')).toMatchObject({ defaults: 'quality=low' })
    expect((await run('keys', 'show', 'dora')).stdout).toContain('quality=low')
    expect(await json('keys', 'update', 'dora', '--defaults', 'none')).toMatchObject({ defaults: '' })
    expect((await run('keys', 'revoke', 'dora')).code).toBe(0)
  })

  it('rotate and revoke are seen by the gateway that runs', async () => {
    const { secret } = (await json('keys', 'create', 'bob')) as { secret: string }
    const { secret: next } = (await json('keys', 'rotate', 'bob', '--grace', '1h')) as { secret: string }
    expect(store.keys.find(keyDigest(secret))?.validUntil).toBeGreaterThan(now)
    expect((await run('keys', 'revoke', 'bob')).code).toBe(0)
    expect(store.keys.find(keyDigest(next))?.key.revokedAt).toBeGreaterThan(0)
    expect(await json('keys', 'list')).toMatchObject([{ name: 'alice' }])
    expect(await json('keys', 'list', '--all')).toMatchObject([
      { name: 'alice' },
      { name: 'bob', status: 'revoked' },
      { name: 'dora', status: 'revoked' },
      { name: 'erin', status: 'revoked' },
    ])
  })

  it('says so where there is no such key', async () => {
    expect(await run('keys', 'show', 'nobody')).toMatchObject({
      code: 1,
      stderr: "comet-gateway: there is no key named 'nobody'\n",
    })
  })
})

describe('comet-gateway usage and generations', () => {
  beforeAll(() => {
    const key = store.keys.named('alice')
    const ledger = new LedgerVerbs(instance.ledger)
    const order = (more: object) => orderOf(key, { heldAt: now, highestMicros: 60_000, ...more })
    ledger.settle(held(ledger.hold(order({ model: '=cmd|\u001b[31m' }))), cost(42_000, { endedAt: now, images: 2 }))
    ledger.release(held(ledger.hold(order({}))), { endedAt: now, errorCode: 'upstream_overloaded' })
    ledger.settle(held(ledger.hold(orderOf(undefined, { heldAt: now - 40 * DAY }))), cost(10, { endedAt: now }))
    ledger.hold(order({ generationId: 'gen_open' }))
  })

  it('usage sums the last 30 days by key, with a bar', async () => {
    expect(await json('usage')).toMatchObject([{ key: 'alice', cost_usd: 0.042, generations: 2, failed: 1, images: 2 }])
    expect((await run('usage')).stdout).toMatch(/alice +\$0\.042 .*█{24}/)
  })

  it('usage sums by model and day, since a date, of one key', async () => {
    expect(await json('usage', '--by', 'day', '--since', '50d')).toMatchObject([
      { day: dateOfDay(dayOf(now) - 40), cost_usd: 0.00001 },
      { day: dateOfDay(dayOf(now)), cost_usd: 0.042 },
    ])
    expect(await json('usage', '--by', 'model', '--key', 'anonymous', '--since', '2026-01-01')).toHaveLength(1)
  })

  it('generations lists the newest, those under way first', async () => {
    const rows = await json('generations')
    expect(rows).toMatchObject([
      { id: 'gen_open', outcome: 'under way', cost_usd: null, held_usd: 0.06 },
      { key: 'anonymous' },
      { outcome: 'failed', error_code: 'upstream_overloaded', cost_usd: 0 },
      { outcome: 'completed', cost_usd: 0.042 },
    ])
    expect(await json('generations', '--failed', '-n', '1')).toMatchObject([{ outcome: 'failed' }])
    expect(await json('generations', '--key', 'anonymous')).toHaveLength(1)
  })

  it('neither a terminal nor a spreadsheet obeys a model that somebody named', async () => {
    const table = (await run('generations')).stdout
    const csv = (await run('usage', '--by', 'model', '--csv')).stdout
    expect(table).toContain('=cmd|\u{FFFD}[31m')
    expect(csv).toContain(`\n'=cmd|\u{FFFD}[31m,`)
    expect(table + csv).not.toContain('\u001b')
  })

  it('since what is no time is refused', async () => {
    expect(await run('usage', '--since', 'yesterday')).toMatchObject({ code: 64 })
  })
})

describe('comet-gateway backup and ledger prune', () => {
  it('backup copies a file that is in use, whole and private, and overwrites nothing', async () => {
    expect((await run('backup', 'copy.db')).code).toBe(0)
    const copy = new DatabaseSync(join(directory.path, 'copy.db'))
    expect(copy.prepare('SELECT count(*) AS rows FROM generations').get()).toEqual({ rows: 3 })
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    copy.close()
    expect(await run('backup', 'copy.db')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exists') as unknown,
    })
  })

  it('prune removes old rows, and leaves budgets and totals as they are', async () => {
    const before = [await json('usage', '--since', '90d'), await json('keys', 'list')]
    expect((await run('ledger', 'prune', '--before', '2099-01-01')).code).toBe(64)
    const early = dateOfDay(dayOf(now) - 10)
    const { stdout } = await run('ledger', 'prune', '--before', early, '--keep-totals')
    expect(stdout).toMatch(/^1 row is removed/)
    expect([await json('usage', '--since', '90d'), await json('keys', 'list')]).toEqual(before)
    expect(await json('generations')).toHaveLength(3)
  })
})

describe('comet-gateway check, models and doctor', () => {
  it('check says what a request can cost, or every problem of it, offline', async () => {
    const check = async (body: string) => command(directory.path, ['check', '-'], { input: body })
    const good = await check('{"model":"gpt-image-2","prompt":"A boat","size":"1024x1024","quality":"low"}')
    expect(good).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^valid: gpt-image-2, at most \$0\.0/) as unknown,
    })
    const environment = { DEFAULT_PARAMETERS: 'quality=low,size=1024x1024,style=vivid' }
    const input = '{"model":"gpt-image-2","prompt":"abcd"}'
    const filled = await command(directory.path, ['check', '-'], { input, environment })
    expect(filled.stdout).toBe('valid: gpt-image-2, at most $0.0074, with the defaults quality=low, size=1024x1024\n')
    const bad = await check('{"model":"gpt-image-2","n":99,"style":"vivid"}')
    expect(bad.code).toBe(1)
    expect(
      bad.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['prompt', 'n', 'style'])
    writeFileSync(join(directory.path, 'order.json'), '{"model":"dall-e-3","prompt":"A boat"}')
    expect(await json('check', 'order.json')).toMatchObject({ valid: true, model: 'dall-e-3' })
  })

  it('models shows the catalogue, and the rules of one model', async () => {
    expect((await run('models')).stdout).toContain('gpt-image-2 ')
    const { stdout } = await run('models', 'gpt-image-2')
    for (const words of ['prompt', 'required', 'Rules:', 'USD per million tokens']) expect(stdout).toContain(words)
    const sections = stdout.split('gpt-image-2 (openai), ').slice(1)
    expect(sections.map((section) => section.split('\n')[0])).toEqual([
      'images.generations',
      'images.edits',
      'images.edits.json',
    ])
    expect(sections.map((section) => section.includes('the mask has the width'))).toEqual([false, true, true])
    for (const section of sections) expect(section.split('partial_images above 0 needs stream true')).toHaveLength(2)
    expect(stdout.split('USD per million tokens')).toHaveLength(2)
    expect(await run('models', 'GPT-Image-2')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("'gpt-image-2'") as unknown,
    })
  })

  it('doctor says what is left of the spend limit', async () => {
    const doctorWith = async (limit: string) =>
      command(directory.path, ['doctor'], { environment: { SANDBOX: 'true', SPEND_LIMIT: limit } })
    expect((await doctorWith('500/month')).stdout).toMatch(
      /ok +spend limit +\$\d{3}\.\d+ of \$500\.00 per month is left/,
    )
    const empty = await doctorWith('0/day')
    expect([empty.code, empty.stdout]).toEqual([1, expect.stringMatching(/NO +spend limit +\$0\.00/)])
    const wrong = await doctorWith('500')
    expect(wrong.stdout).toContain('SPEND_LIMIT must be USD per day, week, month, total: 25/month or 0.50/day')
  })

  it.each([
    [{ DEFAULT_PARAMETERS: 'quality=best' }, /NO +configuration +DEFAULT_PARAMETERS: .*quality/],
    [{ DEFAULT_MODEL: 'qwen-image-edit' }, /NO +configuration +DEFAULT_MODEL cannot be used/],
    [{ MODELS_FILE: '/nowhere/models.json' }, /NO +configuration +MODELS_FILE .*cannot be read/],
  ])('doctor says of %j what a start would say', async (environment, words) => {
    const { code, stdout } = await command(directory.path, ['doctor'], {
      environment: { SANDBOX: 'true', ...environment },
    })
    expect(stdout).toMatch(words)
    expect(code).toBe(1)
  })

  it('doctor finds what is wrong without printing the key', async () => {
    const COMETAPI_KEY = 'sk-planted-upstream-key-0123456789'
    const environment = { COMETAPI_KEY, COMETAPI_BASE_URL: 'http://127.0.0.1:1' }
    const { code, stdout, stderr } = await command(directory.path, ['doctor'], { environment })
    expect(code).toBe(1)
    expect(stdout).toMatch(/ok +data directory/)
    expect(stdout).toMatch(/NO +upstream +.*cannot be reached/)
    expect(stdout + stderr).not.toContain(COMETAPI_KEY)
    expect((await command(directory.path, ['doctor'], { environment: { SANDBOX: 'true' } })).code).toBe(0)
  })
})

describe('every command', () => {
  it.each([
    'serve',
    'demo',
    'keys create',
    'keys list',
    'keys show',
    'keys update',
    'keys rotate',
    'keys revoke',
    'usage',
    'generations',
    'models',
    'check',
    'doctor',
    'backup',
    'ledger prune',
  ])('%s has help with an example', async (words) => {
    const { code, stdout } = await run(...words.split(' '), '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nExample:\n .*comet-gateway/)
  })

  it('that only reads makes no database', async () => {
    const empty = temporaryDirectory()
    const result = await command(empty.path, ['usage'])
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('does not exist yet') as unknown })
    empty.remove()
  })

  it('is in docs/command-line.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/command-line.md'), 'utf8')
    for (const words of [
      'keys create',
      'keys rotate',
      'usage',
      'generations',
      'models',
      'check',
      'doctor',
      'backup',
      'ledger prune',
    ]) {
      expect(page).toContain(`\`${words}`)
    }
  })
})

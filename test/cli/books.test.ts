import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dateOfDay, dayOf } from '../../src/accounting/period.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { command } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import { LedgerVerbs, cost, held, orderOf } from '../helpers/store/store.ts'
import type { CommandResult } from '../helpers/gateways/command.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const KEY = 'sk-comet-0123456789abcdef'
let directory: ReturnType<typeof temporaryDirectory>
let upstream: ScriptedUpstream
const run = async (...args: string[]): Promise<CommandResult> =>
  command(directory.path, args, { environment: { COMETAPI_BASE_URL: upstream.url, COMETAPI_KEY: KEY } })

beforeAll(async () => {
  directory = temporaryDirectory()
  upstream = await scriptedUpstream()
})
afterAll(async () => {
  await upstream.close()
  directory.remove()
})

describe('comet-gateway prices', () => {
  const list = (usd: number) => ({ data: [{ id: 'qwen-image', model_type: 'image', pricing: { per_request: usd } }] })

  it('diff asks for the public list without the key, and ends with 1 where prices differ', async () => {
    upstream.script = answerJson(list(0.035))
    const { code, stdout } = await run('prices', 'diff', '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      [{ model: 'qwen-image', price: 'image', catalogue_usd: 0.04, listed_usd: 0.035, finding: 'differs' }],
    ])
    const [request] = upstream.received
    expect([request?.url, request?.headers.authorization]).toEqual(['/api/models', undefined])
    upstream.script = answerJson(list(0.04))
    expect((await run('prices', 'diff')).code).toBe(0)
  })

  it('update writes a MODELS_FILE, and leaves a large change to a person', async () => {
    const file = join(directory.path, 'models.json')
    writeFileSync(join(directory.path, 'list.json'), JSON.stringify(list(4)))
    const left = await run('prices', 'update', '--from', 'list.json', '--out', file)
    expect(left).toMatchObject({ code: 1, stderr: expect.stringContaining('0.04 to 4 is a large change') as unknown })
    expect(existsSync(file)).toBe(false)
    expect((await run('prices', 'update', '--from', 'list.json', '--out', file, '--force')).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      models: { 'qwen-image': { price: { usd_per_image: 4 } } },
    })
  })

  it.each([
    ['an answer that is no list', answerJson('<html>', 200), 'is not JSON'],
    ['a failure', answerJson({}, 500), 'answers 500'],
    ['a redirect', answerJson({}, 302, { location: 'http://127.0.0.1:1/' }), 'answers 302'],
  ])('says %s in words', async (_what, script, words) => {
    upstream.script = script
    const result = await run('prices', 'diff')
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) as unknown })
    expect(result.stderr).not.toContain('    at ')
  })
})

describe('comet-gateway reconcile', () => {
  const today = dateOfDay(dayOf(Date.now()))
  const bill = {
    username: 'team',
    total_used_quota: 12,
    keys: [
      { name: 'gateway', remain_quota: -1, used_quota: 9.5 },
      { name: 'other', remain_quota: -1, used_quota: 2.5 },
    ],
    daily_quota: {
      [today]: [
        { token_name: 'gateway', quota_used: 0.00012, request_count: 2 },
        { token_name: 'other', quota_used: 5, request_count: 9 },
      ],
    },
  }

  beforeAll(() => {
    const store = Store.forServing(join(directory.path, 'data'))
    const instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
    const ledger = new LedgerVerbs(instance.ledger)
    ledger.settle(held(ledger.hold(orderOf(undefined, { heldAt: Date.now() }))), cost(100))
    instance.close()
    store.close()
  })

  it('sends the key only where it is told to, and repeats it nowhere', async () => {
    const asked = upstream.received.length
    upstream.script = answerJson({}, 500)
    const refused = await run('reconcile', '--from', `${upstream.url}/user/quota`)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--send-key')])
    expect(upstream.received).toHaveLength(asked)
    const failed = await run('reconcile', '--send-key', '--from', `${upstream.url}/user/quota`)
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('/user/quota answers 500')])
    expect(failed.stdout + failed.stderr).not.toContain(KEY)
    expect(upstream.received.at(-1)?.url).toMatch(
      new RegExp(`^/user/quota\\?key=${KEY}&start_date=[\\d-]{10}&end_date=${today}$`),
    )
  })

  it('shows each day of the ledger beside that of the key', async () => {
    upstream.script = answerJson(bill)
    const result = await run('reconcile', '--send-key', '--from', `${upstream.url}/q`, '--name', 'gateway', '--json')
    expect([result.code, JSON.parse(result.stdout)]).toEqual([
      0,
      [{ day: today, booked_usd: 0.0001, billed_usd: 0.00012, difference_usd: 0.00002, generations: 1, requests: 2 }],
    ])
    expect(result.stderr).toContain("the key 'gateway' has used $9.5 ever")
  })

  it('takes a file, all keys together, and refuses a name that is none of them', async () => {
    const file = join(directory.path, 'bill.json')
    writeFileSync(file, JSON.stringify(bill))
    expect(JSON.parse((await run('reconcile', '--from', file, '--json')).stdout)).toMatchObject([{ requests: 11 }])
    const { code, stderr } = await run('reconcile', '--from', file, '--name', 'gate')
    expect([code, stderr]).toEqual([1, expect.stringContaining('it names gateway, other')])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generationsAnswer, usageAnswer } from '../../../src/http/routes/admin/answers.ts'
import { eventually } from '../../helpers/eventually.ts'
import { answerJson, imageAnswer } from '../../helpers/upstream.ts'
import { BOB, teamGateway } from './team-gateway.ts'
import type { TeamGateway } from './team-gateway.ts'

const PROMPT = 'a secret plan'
let team: TeamGateway
let alice: string
beforeAll(async () => {
  team = await teamGateway()
  alice = await team.key({ name: 'alice' })
  await buy(alice)
  await buy(alice, 'gpt-image-1')
  await buy(BOB)
  team.upstream.script = answerJson({ error: { message: 'no', code: 'invalid_request' } }, 400)
  await buy(alice)
  await eventually('all are booked', async () => (await generations('')).data.length === 4)
})
afterAll(() => team.close())

async function buy(key: string, model = 'gpt-image-2'): Promise<void> {
  await team.as(key, 'POST', '/v1/images/generations', { model, prompt: PROMPT, size: '1024x1024', quality: 'low' })
}
const generations = async (query: string) =>
  generationsAnswer.parse((await team.admin('GET', `/gateway/generations?${query}`)).body)
const usage = async (query: string) => usageAnswer.parse((await team.admin('GET', `/gateway/usage?${query}`)).body)

describe('GET /gateway/usage', () => {
  it('sums by key, the dearest first, with a total', async () => {
    const { data, total, next } = await usage('')
    expect(data.map(({ group }) => group)).toEqual(['alice', 'bob'])
    expect(data[0]).toMatchObject({ generations: 3, failed: 1, images: 2, input_tokens: 32, output_tokens: 416 })
    // gpt-image-2: 16 tokens of text at $5 and 208 of image at $30 per million.
    expect(data[1]).toMatchObject({ cost_usd: (16 * 5 + 208 * 30) / 1e6, estimated_usd: 0 })
    expect(total).toMatchObject({ generations: 4, failed: 1, images: 3 })
    expect(total.cost_usd).toBeCloseTo(
      data.reduce((sum, { cost_usd: cost }) => sum + cost, 0),
      9,
    )
    expect(next).toBeNull()
  })

  it('sums by model and by day, of one key, since a day', async () => {
    const today = new Date().toISOString().slice(0, 10)
    expect((await usage('by=model&key=alice')).data.map(({ group }) => group).toSorted()).toEqual([
      'gpt-image-1',
      'gpt-image-2',
    ])
    expect(await usage('by=day&since=1d&key=bob')).toMatchObject({ since: today, data: [{ group: today, images: 1 }] })
    expect((await usage('since=2099-01-01')).data).toEqual([])
  })

  it('comes in pages, each with the total of all', async () => {
    const first = await usage('limit=1')
    const second = await usage(`limit=1&after=${first.next}`)
    expect([first.next, second.data[0]?.group, second.next]).toEqual(['alice', 'bob', null])
    expect(second.total).toEqual(first.total)
  })
})

describe('GET /gateway/generations', () => {
  it('lists the ledger, the newest first, without a word of the prompt', async () => {
    const answer = await team.admin('GET', '/gateway/generations')
    const { data, under_way: underWay } = generationsAnswer.parse(answer.body)
    expect(data.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
      'alice failed',
      'bob completed',
      'alice completed',
      'alice completed',
    ])
    expect(data[1]).toMatchObject({
      endpoint: 'images.generations',
      model: 'gpt-image-2',
      size: '1024x1024',
      quality: 'low',
      n: 1,
      images: 1,
      cost_usd: 0.00632,
      is_estimated: false,
      total_tokens: 224,
      error_code: null,
    })
    expect(underWay).toEqual([])
    expect(answer.text).not.toContain(PROMPT)
    expect(answer.text).not.toContain('aW1hZ2U=')
  })

  it('comes in pages, of one key, or of failures only', async () => {
    const ids: string[] = []
    let before = ''
    for (let pages = 0; pages < 4; pages++) {
      const { data, next, has_more: hasMore } = await generations(`key=alice&limit=1${before}`)
      ids.push(...data.map(({ id }) => id))
      expect(hasMore).toBe(next !== null)
      if (next === null) break
      before = `&before=${next}`
    }
    expect(new Set(ids).size).toBe(3)
    expect((await generations('failed=true')).data).toMatchObject([{ key: 'alice', outcome: 'failed', cost_usd: 0 }])
  })

  it('shows those under way on the first page', async () => {
    let answer = (): void => {}
    team.upstream.script = async (response, request) => {
      await new Promise<void>((resolve) => (answer = resolve))
      await answerJson(imageAnswer())(response, request)
    }
    const bought = buy(BOB)
    await eventually('it is under way', async () => (await generations('')).under_way.length === 1)
    expect((await generations('key=alice')).under_way).toEqual([])
    expect((await generations('failed=true')).under_way).toEqual([])
    expect((await generations('')).under_way).toMatchObject([{ key: 'bob', model: 'gpt-image-2', n: 1 }])
    answer()
    await bought
  })
})

import { describe, expect, it } from 'vitest'
import { FAILURES, STREAM_FAILURES } from '../../sandbox/comet/failures.ts'
import { dataOf, generate, sandbox } from './calling.ts'
import { eventsOf, leftovers } from './streams.ts'

const ORDER = { model: 'gpt-image-2', prompt: 'x' }

/** A sandbox whose every valid generation fails in the way of this name. */
async function failing(name: string, kinds: readonly { name: string }[] = FAILURES): Promise<string> {
  const index = kinds.findIndex((failure) => failure.name === name)
  let asked = 0
  // Asked first whether it fails, then how.
  const random = (): number => ((asked += 1) % 2 === 1 ? 0 : (index + 0.5) / kinds.length)
  return (await sandbox({ failureRate: 1, random })).url
}

describe('a failing upstream', () => {
  it.each<[string, number, string]>([
    ['do_request_failed', 500, 'do_request_failed'],
    ['overloaded', 503, ''],
    ['rate limited', 429, 'rate_limit_exceeded'],
    ['error with status 200', 200, 'bad_response_status_code'],
  ])('answers with an error object: %s', async (name, status, code) => {
    const answer = await generate(await failing(name), ORDER)
    expect([answer.status, answer.error.code, answer.error.param]).toEqual([status, code, ''])
    expect(answer.error.message).toContain(`(request id: ${answer.headers.get('x-oneapi-request-id')})`)
    expect(dataOf(answer)).toEqual([])
  })

  it('says in Chinese that it is overloaded', async () => {
    expect((await generate(await failing('overloaded'), ORDER)).error.message).toContain('当前分组上游负载已饱和')
  })

  it.each<[string, number]>([
    ['bad gateway page', 502],
    ['gateway timeout page', 504],
    ['cloudflare timeout page', 524],
  ])('answers with the page of a proxy: %s', async (name, status) => {
    const answer = await generate(await failing(name), ORDER)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.headers.get('x-oneapi-request-id')).toBeNull()
    expect(answer.text).toContain('<h1>')
  })

  it.each(['connection reset', 'answer cut off'])('leaves no whole answer: %s', async (name) => {
    await expect(generate(await failing(name), ORDER)).rejects.toThrow(TypeError)
  })

  it('sends the beginning of an answer that it cuts off', async () => {
    const { status, headers, text } = await leftovers(await failing('answer cut off'), ORDER)
    expect(status).toBe(200)
    expect(text.length).toBeGreaterThan(0)
    expect(text.length).toBeLessThan(Number(headers['content-length']))
  })

  it('still refuses bad requests as ever', async () => {
    const { url } = await sandbox({ failureRate: 1 })
    expect((await generate(url, { ...ORDER, size: 'huge' })).error.code).toBe('invalid_value')
    expect((await generate(url, { ...ORDER, prompt: 'forbidden' })).error.code).toBe('moderation_blocked')
  })

  it('fails only the share that was asked for', async () => {
    const rolls = [0.29, 0.3, 0.9, 0.1]
    let asked = 0
    // A failing roll is followed by one that chooses do_request_failed.
    const queue = rolls.flatMap((roll) => (roll < 0.3 ? [roll, 0] : [roll]))
    const { url } = await sandbox({ failureRate: 0.3, random: () => queue[asked++] ?? 1 })
    const statuses: number[] = []
    for (const _ of rolls) statuses.push((await generate(url, ORDER)).status)
    expect(statuses).toEqual([500, 200, 200, 500])
  })

  it('never fails at a rate of 0', async () => {
    const { url } = await sandbox({ failureRate: 0, random: () => 0 })
    expect((await generate(url, ORDER)).status).toBe(200)
  })
})

const STREAM = { ...ORDER, size: '1024x640', output_format: 'webp', stream: true, partial_images: 1 }

describe('a failing stream', () => {
  it.each<[string, string, string]>([
    ['moderation in mid-stream', 'message', 'moderation_blocked'],
    ['server error in mid-stream', 'error', 'server_error'],
  ])('ends with an error event after its partial images: %s', async (kind, name, code) => {
    const answer = await generate(await failing(kind, STREAM_FAILURES), STREAM)
    const events = eventsOf(answer.text)
    expect(answer.status).toBe(200)
    expect(events.map((event) => event.name)).toEqual(['image_generation.partial_image', name])
    expect(events.at(-1)?.data['error']).toMatchObject({ code })
  })

  it('breaks off in the middle of an event', async () => {
    const { text } = await leftovers(await failing('event cut off', STREAM_FAILURES), STREAM)
    expect(text).toContain('event: image_generation.completed\ndata: {"type"')
    expect(text.endsWith('\n\n')).toBe(false)
    expect(eventsOf(text).map(({ name }) => name)).toEqual(['image_generation.partial_image'])
  })

  it('can end as if all were well, but without a finished picture', async () => {
    const { text } = await generate(await failing('stream ends early', STREAM_FAILURES), STREAM)
    expect(eventsOf(text).map(({ name }) => name)).toEqual(['image_generation.partial_image'])
  })

  it('of Seedream fails where its first picture should come', async () => {
    const model = 'doubao-seedream-4-5-251128'
    const { text } = await generate(await failing('moderation in mid-stream', STREAM_FAILURES), {
      ...STREAM,
      model,
      size: '2K',
      output_format: 'jpeg',
    })
    expect(eventsOf(text).map(({ name }) => name)).toEqual(['message'])
  })

  it.each<[string, number]>([
    ['overloaded', 503],
    ['bad gateway page', 502],
    ['rate limited', 429],
  ])('can also fail before it begins, as ever: %s', async (kind, status) => {
    const answer = await generate(await failing(kind, STREAM_FAILURES), STREAM)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).not.toContain('event-stream')
  })

  it('leaves nothing at all when its connection is reset before it begins', async () => {
    await expect(generate(await failing('connection reset', STREAM_FAILURES), STREAM)).rejects.toThrow(TypeError)
  })
})

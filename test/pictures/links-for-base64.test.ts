import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answerJson } from '../helpers/upstream.ts'
import { ALICE, ADMIN_KEY, BOB, answerOf, bytesOf, filesIn, picture, shelfWorld, wanted } from './shelf-world.ts'
import type { LinkedAnswer } from './shelf-world.ts'

const world = shelfWorld()
const alice = { authorization: `Bearer ${ALICE}` }

async function ordered(body: object = wanted(), headers: Record<string, string> = alice) {
  const response = await world.gateway.post(body, headers)
  const text = await response.text()
  return { response, text, answer: JSON.parse(text) as LinkedAnswer }
}

describe('response_format url of a model that answers in base64', () => {
  it('gives a link to the bytes, and everything else as the upstream sent it', async () => {
    const bytes = picture(200_000)
    const sent = JSON.stringify(answerOf(bytes), undefined, 1)
    world.upstream.script = answerJson(sent)
    const { response, text, answer } = await ordered()
    const link = answer.data[0]?.url ?? ''
    expect(link.startsWith(`${world.gateway.url}/pictures/pic_`)).toBe(true)
    expect(text).toBe(sent.replace(/"b64_json": "[^"]*"/, `"url": "${link}"`))
    expect(response.headers.get('x-gateway-converted')).toBe('url')
    expect(world.upstream.received.at(-1)?.body.includes('response_format')).toBe(false)
    const file = await fetch(link)
    expect(await bytesOf(file)).toEqual(bytes)
    expect(file.headers.get('content-type')).toBe('image/png')
    expect(file.headers.get('etag')).toBe(`"${createHash('sha256').update(bytes).digest('hex')}"`)
    expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    expect(file.headers.get('content-disposition')).toMatch(/^inline; filename="pic_[\da-f]{32}\.png"$/)
  })

  it('gives a link for each of several pictures, small and large', async () => {
    const pictures = [picture(10, 2), picture(100_001, 3), picture(70_000, 4), picture(9, 5)]
    world.upstream.script = answerJson(answerOf(...pictures))
    const { answer } = await ordered(wanted({ n: 4 }))
    const files = await Promise.all(answer.data.map(async ({ url = '' }) => bytesOf(await fetch(url))))
    expect(files).toEqual(pictures)
  })

  it('gives the retry of an SDK the same link, and buys once', async () => {
    world.upstream.script = answerJson(answerOf(picture(100)))
    const before = world.upstream.received.length
    const body = wanted()
    const first = await ordered(body, { ...alice, 'idempotency-key': 'links-1' })
    const second = await ordered(body, { ...alice, 'idempotency-key': 'links-1' })
    expect(second.text).toBe(first.text)
    expect(second.response.headers.get('x-gateway-converted')).toBe('url')
    expect(world.upstream.received.length).toBe(before + 1)
  })

  it('leaves a picture that is not base64 as it came, and says so', async () => {
    const sent = '{"created":1,"data":[{"b64_json":"AAAA!?no base64?!"},{"b64_json":"AAAA"}]}'
    world.upstream.script = answerJson(sent)
    const { response, text } = await ordered()
    expect(text).toBe(sent)
    expect(response.headers.get('x-gateway-converted')).toBe('b64_json')
  })

  it.each([
    [
      'a null link beside it',
      '{"data":[{"url":null,"b64_json":"aW1hZ2U="}]}',
      /^{"data":\[{"b64_json":null,"url":"http[^"]+"}\]}$/,
    ],
    [
      'an empty link behind it',
      '{"data":[{"b64_json":"aW1hZ2U=","url":""}]}',
      /^{"data":\[{"url":"http[^"]+","b64_json":""}\]}$/,
    ],
    [
      'a link of its own before it',
      '{"data":[{"url":"https://x.example/a","b64_json":"aW1hZ2U="}]}',
      /^{"data":\[{"url":"https:\/\/x.example\/a","b64_json":"aW1hZ2U="}\]}$/,
    ],
    [
      'a link of its own behind it',
      '{"data":[{"b64_json":"aW1hZ2U=","url":"https://x.example/a"}]}',
      /^{"data":\[{"url":"http:[^"]+","upstream_url":"https:\/\/x.example\/a"}\]}$/,
    ],
    ['escaped slashes', '{"data":[{"b64_json":"\\/\\/79","b64":"a"}]}', /^{"data":\[{"url":"http[^"]+","b64":"a"}\]}$/],
    [
      'an empty picture before it',
      '{"data":[{"b64_json":""},{"b64_json":"aW1hZ2U="}]}',
      /^{"data":\[{"b64_json":""},{"url":"http[^"]+"}\]}$/,
    ],
    [
      'a list inside of data',
      '{"data":{"data":[{"b64_json" : "aW1hZ2U="}]}}',
      /^{"data":{"data":\[{"url" : "http[^"]+"}\]}}$/,
    ],
  ])('is valid JSON with %s', async (_what, sent, expected) => {
    world.upstream.script = answerJson(sent)
    const { text } = await ordered()
    expect(text).toMatch(expected)
  })

  it('works for edits', async () => {
    const bytes = picture(1000, 9)
    world.upstream.script = answerJson(answerOf(bytes))
    const form = new FormData()
    form.append('model', 'gpt-image-2')
    form.append('prompt', 'a boat')
    form.append('response_format', 'url')
    form.append('image', new Blob([new Uint8Array(picture(300))], { type: 'image/png' }), 'a.png')
    const response = await fetch(`${world.gateway.url}/v1/images/edits`, { method: 'POST', headers: alice, body: form })
    const { data } = (await response.json()) as LinkedAnswer
    expect(await bytesOf(await fetch(data[0]?.url ?? ''))).toEqual(bytes)
    expect(world.upstream.received.at(-1)?.body.includes('response_format')).toBe(false)
  })
})

describe('a picture', () => {
  it('is there for its link, the key that bought it and the administrator, and a 404 for everybody else', async () => {
    world.upstream.script = answerJson(answerOf(picture(500)))
    const { answer } = await ordered()
    const link = new URL(answer.data[0]?.url ?? '')
    const statusOf = async (path: string, key?: string): Promise<number> =>
      (await world.gateway.get(path, key === undefined ? {} : { authorization: `Bearer ${key}` })).status
    const file = link.pathname
    expect(await statusOf(file + link.search)).toBe(200)
    expect(await statusOf(file, ALICE)).toBe(200)
    expect(await statusOf(file.replace('.png', ''), ALICE)).toBe(200)
    expect(await statusOf(file, ADMIN_KEY)).toBe(200)
    expect(await statusOf(file, BOB)).toBe(404)
    expect(await statusOf(file.replace('.png', '.jpg'), ALICE)).toBe(404)
    expect(await statusOf('/pictures/pic_00000000000000000000000000000000.png', ALICE)).toBe(404)
    expect(await statusOf(file)).toBe(401)
  })

  it('is served in ranges, with an ETag, and without a body to HEAD', async () => {
    const bytes = picture(1000, 7)
    world.upstream.script = answerJson(answerOf(bytes))
    const { answer } = await ordered()
    const link = answer.data[0]?.url ?? ''
    const part = await fetch(link, { headers: { range: 'bytes=10-19' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000'])
    expect(await bytesOf(part)).toEqual(bytes.subarray(10, 20))
    const tail = await fetch(link, { headers: { range: 'bytes=-3' } })
    expect(await bytesOf(tail)).toEqual(bytes.subarray(997))
    const beyond = await fetch(link, { headers: { range: 'bytes=1000-' } })
    expect([beyond.status, beyond.headers.get('content-range'), await beyond.text()]).toEqual([416, 'bytes */1000', ''])
    const etag = part.headers.get('etag') ?? ''
    expect((await fetch(link, { headers: { 'if-none-match': etag } })).status).toBe(304)
    const other = await fetch(link, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, 1000])
    const head = await fetch(link, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1000', ''])
  })

  it('that can hold script is a file to keep, in a sandbox', async () => {
    world.upstream.script = answerJson(answerOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')))
    const { answer } = await ordered()
    const { headers } = await fetch(answer.data[0]?.url ?? '')
    expect(headers.get('content-type')).toBe('image/svg+xml')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="pic_[\da-f]{32}\.svg"$/)
    expect(headers.get('content-security-policy')).toContain("sandbox; default-src 'none'")
  })

  it('of an answer that breaks off is taken away again', async () => {
    const before = filesIn(world.directory)
    const whole = JSON.stringify(answerOf(picture(100_000, 5), picture(100_000, 6)))
    world.upstream.script = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
      response.write(whole.slice(0, 200_000), () => response.destroy())
    }
    const { response } = await ordered(wanted(), { ...alice, 'x-gateway-adopt': 'never' })
    expect(response.status).toBe(502)
    await expect.poll(() => filesIn(world.directory)).toEqual(before)
  })

  it('has no secret and no signature in the log', async () => {
    world.upstream.script = answerJson(answerOf(picture(100)))
    const { answer } = await ordered()
    const link = new URL(answer.data[0]?.url ?? '')
    await fetch(link)
    const signature = link.searchParams.get('signature') ?? 'none'
    expect(world.gateway.lines.join('').includes(signature)).toBe(false)
  })
})

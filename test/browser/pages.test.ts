import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { picture } from '../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { isWithoutBrowser, launchBrowser } from './chromium.ts'
import { startPageServer } from './page-server.ts'
import type { Browser, Page } from 'playwright-core'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { PageServer } from './page-server.ts'

const KEY = 'sk-gw-alice-0123456789'
let browser: Browser
let upstream: ScriptedUpstream
let pages: PageServer
let page: Page

beforeAll(async () => {
  if (isWithoutBrowser) return
  browser = await launchBrowser()
  upstream = await scriptedUpstream(answerJson(imageAnswer()))
  pages = await startPageServer()
})
afterAll(async () => {
  await browser?.close()
  await pages?.close()
  await upstream?.close()
})
beforeEach(async () => {
  upstream.received.length = 0
  page = await browser.newPage()
})
afterEach(async () => page.close())

/** Programs for a page. Each sends one request that needs no preflight, and does not tell what became of it. */
const ATTEMPTS = {
  'a fetch with a form': (gateway: string, png: string) => `
    const form = new FormData()
    form.append('model', 'gpt-image-2')
    form.append('prompt', 'a boat')
    form.append('image', new File([Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0))], 'a.png', { type: 'image/png' }))
    fetch('${gateway}/v1/images/edits', { method: 'POST', mode: 'no-cors', body: form }).catch(() => {})`,
  'a fetch with plain text': (gateway: string) => `
    const body = '{"model":"gpt-image-2","prompt":"a boat"}'
    fetch('${gateway}/v1/images/generations', { method: 'POST', mode: 'no-cors', body }).catch(() => {})`,
  'a form post': (gateway: string, png: string) => `
    const form = document.createElement('form')
    Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: '${gateway}/v1/images/edits' })
    for (const [name, value] of Object.entries({ model: 'gpt-image-2', prompt: 'a boat' }))
      form.append(Object.assign(document.createElement('input'), { name, value }))
    const files = new DataTransfer()
    files.items.add(new File([Uint8Array.from(atob('${png}'), (c) => c.charCodeAt(0))], 'a.png', { type: 'image/png' }))
    form.append(Object.assign(document.createElement('input'), { type: 'file', name: 'image', files: files.files }))
    document.body.append(form)
    form.submit()`,
  'an image tag': (gateway: string) => `
    document.body.append(Object.assign(document.createElement('img'), { src: '${gateway}/v1/models' }))`,
} as const

/** Places that a program can run in, as seen from a gateway on 127.0.0.1. */
const PLACES: Readonly<Record<string, (program: string) => Promise<void>>> = {
  'a page of another site': async (program) => {
    await page.goto(`http://localhost:${pages.port}/`)
    await page.evaluate(`{${program}}`)
  },
  'a page of another port': async (program) => {
    await page.goto(`http://127.0.0.1:${pages.port}/`)
    await page.evaluate(`{${program}}`)
  },
  'a sandboxed frame, whose origin is null': async (program) => {
    await page.goto(`http://localhost:${pages.port}/`)
    const html = `<body><script>{${program}}</script>`
    await page.evaluate(`{
      const frame = document.createElement('iframe')
      frame.sandbox = 'allow-scripts allow-forms'
      frame.srcdoc = ${JSON.stringify(html).replaceAll('</', String.raw`<\/`)}
      document.body.append(frame)
    }`)
  },
}

describe.skipIf(isWithoutBrowser)('a gateway without keys', () => {
  let gateway: TestGateway
  let png: string
  beforeAll(async () => {
    gateway = await startGateway(upstream.url)
    png = (await picture(64, 64)).toString('base64')
    return async () => gateway.close()
  })
  const refused = async (): Promise<number> => gateway.metric('comet_rejections_total', 'reason="origin_not_allowed"')

  for (const [place, run] of Object.entries(PLACES))
    it.each(Object.entries(ATTEMPTS))(`buys nothing by %s from ${place}`, async (_attempt, program) => {
      const before = await refused()
      await run(program(gateway.url, png))
      await eventually('the request has come and was refused', async () => (await refused()) === before + 1)
      expect(upstream.received).toEqual([])
    })

  it.each(['a fetch with a form', 'a fetch with plain text'] as const)(
    'takes %s from a page of its own as from any client',
    async (attempt) => {
      const before = await refused()
      await page.goto(`${gateway.url}/healthz`)
      const sent = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.evaluate(`{${ATTEMPTS[attempt](gateway.url, png)}}`)
      expect((await sent).status()).toBe(attempt === 'a fetch with a form' ? 200 : 415)
      expect(await refused()).toBe(before)
    },
  )
})

describe.skipIf(isWithoutBrowser)('the OpenAI SDK in a page', () => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startGateway(upstream.url, {
      CORS_ORIGINS: `http://localhost:${pages.port}`,
      GATEWAY_KEYS: `alice=${KEY}`,
      RATE_LIMIT_RPM: '1000',
    })
    return async () => gateway.close()
  })

  /** Runs a program with a client of the installed package at hand; gives what it returns. */
  async function withClient(host: string, program: string): Promise<unknown> {
    await page.goto(`http://${host}:${pages.port}/`)
    return page.evaluate(`(async () => {
      const { OpenAI } = await import('/openai.js')
      const options = { baseURL: '${gateway.url}/v1', apiKey: '${KEY}', organization: 'org', project: 'p', maxRetries: 0 }
      const client = new OpenAI({ ...options, dangerouslyAllowBrowser: true })
      ${program}
    })()`)
  }
  const generate = `client.images.generate(
    { model: 'gpt-image-2', prompt: 'a boat', size: '1024x1024', quality: 'low' },
    { idempotencyKey: crypto.randomUUID() },
  )`

  it('of a listed origin buys an image, and reads the gateway’s headers', async () => {
    const answer = await withClient(
      'localhost',
      `const { data, response, request_id } = await ${generate}.withResponse()
      const names = ['x-gateway-cost-usd', 'x-ratelimit-limit-requests']
      return { image: data.data[0].b64_json, request_id, headers: names.map((name) => response.headers.get(name)) }`,
    )
    expect(answer).toEqual({
      image: 'aW1hZ2U=',
      request_id: expect.stringMatching(/^req_/) as unknown,
      headers: [expect.stringMatching(/^0\.\d+$/) as unknown, '1000'],
    })
    expect(upstream.received).toHaveLength(1)
  })

  it('of a listed origin uploads an image and reads its events', async () => {
    const base64 = (await picture(64, 64)).toString('base64')
    const answer = await withClient(
      'localhost',
      `const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0))
      const image = new File([bytes], 'a.png', { type: 'image/png' })
      const events = await client.images.edit({ model: 'gpt-image-2', image, prompt: 'a boat', stream: true })
      const types = []
      for await (const event of events) types.push(event.type)
      return types`,
    )
    expect(answer).toEqual(['image_edit.completed'])
  })

  it('of a listed origin is told what is wrong', async () => {
    const answer = await withClient(
      'localhost',
      `return client.images.generate({ model: 'gpt-image-2', prompt: 'a', size: '1x1' }).catch(({ status, code }) => ({ status, code }))`,
    )
    expect(answer).toEqual({ status: 400, code: 'invalid_value' })
  })

  it('of another origin gets no further than the preflight', async () => {
    const answer = await withClient(
      '127.0.0.1',
      `return ${generate}.catch(({ name, status }) => [name, status ?? null])`,
    )
    expect(answer).toEqual(['Error', null])
    expect(upstream.received).toEqual([])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { look } from '../sandbox/pixels.ts'
import { collect, looks, SMALL } from './pictures.ts'
import { GATEWAY_KEY, startSandboxGateway } from './gateways.ts'
import { SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { TestGateway } from '../helpers/gateway.ts'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startSandboxGateway({ DATABASE: 'true' })
})
afterAll(() => gateway.close())

describe.each(SDKS)('openai $version with response_format url', ({ OpenAI: Client }) => {
  let client: OpenAI
  beforeAll(() => {
    client = new Client({ baseURL: `${gateway.url}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0 })
  })

  it('is given links to real pictures, and the usage, of a model that answers in base64', async () => {
    const answer = await client.images.generate({ ...SMALL, n: 2, response_format: 'url' })
    expect(answer.data?.map(({ url = '', b64_json }) => [url.startsWith(gateway.url), b64_json])).toEqual([
      [true, undefined],
      [true, undefined],
    ])
    expect(await looks(answer)).toEqual(['png 1024x640', 'png 1024x640'])
    expect(answer.usage?.output_tokens).toBeGreaterThan(0)
  })

  it('is given a link in the last event of a stream', async () => {
    const order = { ...SMALL, response_format: 'url', stream: true, partial_images: 1 } as const
    const events = await collect(await client.images.generate(order))
    expect(events.map(({ type }) => type)).toEqual(['image_generation.partial_image', 'image_generation.completed'])
    const last = events[1] as { readonly b64_json?: string; readonly url?: string } | undefined
    const file = await fetch(last?.url ?? '')
    expect([await look(Buffer.from(await file.arrayBuffer())), last?.b64_json]).toEqual(['png 1024x640', undefined])
  })
})

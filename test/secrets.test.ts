import { afterAll, beforeAll, expect, it } from 'vitest'
import { UPSTREAM_KEY } from './helpers/gateways/gateway-client.ts'
import { startGateway } from './helpers/gateway.ts'
import { answerJson, scriptedUpstream } from './helpers/upstream.ts'
import type { TestGateway } from './helpers/gateway.ts'
import type { Script, ScriptedUpstream } from './helpers/upstream.ts'

const CLIENT_KEY = 'sk-gw-planted-client-key-0123456789'
const PROMPT = 'a planted prompt about elephants'
const order = { model: 'gpt-image-2', prompt: PROMPT }
const headers = { authorization: `Bearer ${CLIENT_KEY}` }

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { GATEWAY_KEYS: `alice=${CLIENT_KEY}`, LOG_LEVEL: 'debug' })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

/** Everything that a response lets out. */
async function everythingIn(response: Response): Promise<string> {
  return [...response.headers].flat().join('\n') + (await response.text().catch(String))
}

/** An upstream that repeats the key it was sent, in a body of the given form. */
function echo(status: number, form: (key: string) => unknown): Script {
  return (response, request) => {
    const key = request.headers.authorization?.replace('Bearer ', '') ?? ''
    void answerJson(form(key), status, {
      'x-echo': key,
      'x-request-id': key,
      location: `https://evil.example/?k=${key}`,
    })(response, request)
  }
}

it.each<[string, Script]>([
  [
    'a 401 that repeats it',
    echo(401, (key) => ({ error: { message: `Incorrect API key provided: ${key}`, code: 'invalid_api_key' } })),
  ],
  [
    'a 400 that repeats it in every member',
    echo(400, (key) => ({ error: { message: `bad ${key}`, type: key, code: key, param: key } })),
  ],
  [
    'a 400 that spells it in escapes',
    echo(
      400,
      (key) =>
        `{"error":{"message":"${Array.from(key, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')}"}}`,
    ),
  ],
  [
    'a 500 that repeats it',
    echo(500, (key) => ({ error: { message: `Post "https://${key}@host/": EOF`, code: 'do_request_failed' } })),
  ],
  ['a 429 that repeats it', echo(429, (key) => ({ error: { message: key } }))],
  ['a 503 that repeats it', echo(503, (key) => ({ error: { message: key, code: 'model_not_found' } }))],
  ['a 200 with an error that repeats it', echo(200, (key) => ({ error: { message: key, code: key } }))],
  ['a redirect that carries it', echo(302, (key) => key)],
  ['HTML that repeats it', echo(502, (key) => `<html>${key}</html>`)],
])('the upstream key does not come out of %s', async (_what, script) => {
  upstream.script = script
  const response = await gateway.post(order, headers)
  await gateway.logOf(response)
  expect(await everythingIn(response)).not.toContain(UPSTREAM_KEY)
})

it('a model or parameter named like a key does not reach the log', async () => {
  upstream.script = answerJson({ error: { message: 'no', code: 'model_not_found' } }, 503)
  await gateway.post({ model: CLIENT_KEY, prompt: PROMPT, [CLIENT_KEY]: 1 }, headers)
  await gateway.post({ ...order, [CLIENT_KEY]: PROMPT }, headers)
  await gateway.get(`/v1/${CLIENT_KEY}?prompt=${encodeURIComponent(PROMPT)}&key=${CLIENT_KEY}`)
})

it('nothing of all this is in the log or the metrics: no key, no prompt', async () => {
  const metrics = await (await gateway.get('/metrics')).text()
  const log = gateway.lines.join('')
  expect(gateway.lines.length).toBeGreaterThan(10)
  for (const text of [metrics, log]) {
    expect(text).not.toContain(UPSTREAM_KEY)
    expect(text).not.toContain(CLIENT_KEY)
    expect(text).not.toContain('elephants')
  }
})

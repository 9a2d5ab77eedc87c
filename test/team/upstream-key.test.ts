import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command } from '../helpers/gateways/command.ts'
import { leakOf, SPELLINGS } from '../helpers/spellings.ts'
import { answerJson } from '../helpers/upstream.ts'
import { bearer, gptAnswer, gptImage, openTeam } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script } from '../helpers/upstream.ts'
import type { Holder, TeamWorld } from './world.ts'

/** Like a real one; it has eight digits in a row, since some headers are numbers. */
const KEY = 'sk-Vq7Zt2Lm9XcR4bNw8KdY3hGf61728394JpS0aEu'
const ADMIN_KEY = 'admin-key-0123456789abcdef'

let world: TeamWorld
let gateway: TestGateway
let alice: Holder

beforeAll(async () => {
  world = await openTeam()
  alice = await world.issue({ name: 'alice' })
  gateway = await world.start({ COMETAPI_KEY: KEY, ADMIN_KEY, LOG_LEVEL: 'debug', UPSTREAM_RETRIES: '0' })
})
afterAll(async () => world.close())

/** Every byte below the data directory. */
function bytesOnDisk(): string {
  const entries = readdirSync(world.directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n')
}

/** An image, with these headers around it. */
function imageWith(headers: Record<string, string>): Script {
  return answerJson(gptAnswer(), 200, headers)
}

/** An error of this status, with the text in one member of its envelope. */
function errorWith(status: number, member: string, text: string): Script {
  return answerJson({ error: { message: 'no', type: 'x_error', code: 'x', param: 'x', [member]: text } }, status)
}

/** An image, and the text in an error beside it: of the whole answer, of one of its images, or of an event. */
const BESIDE_AN_IMAGE: readonly [place: string, script: (text: string) => Script, order?: object][] = [
  ['error beside an image', (text) => answerJson(gptAnswer({ error: { message: `no ${text}`, code: text } }))],
  [
    'error of one image of two',
    (text) => answerJson(gptAnswer({ data: [{ b64_json: 'aW1hZ2U=' }, { error: { message: text, code: text } }] })),
  ],
  ['event of one image that failed', (text) => events(failedImage(text), COMPLETED), { stream: true }],
  ['event of a failure after half an image', (text) => events(halfImage(text)), { stream: true }],
]
const COMPLETED = { type: 'image_generation.completed', b64_json: 'aW1hZ2U=', usage: { total_tokens: 1 } }

function failedImage(text: string): object {
  return { type: 'image_generation.partial_failed', image_index: 0, error: { code: text, message: `no ${text}` } }
}

function halfImage(text: string): object {
  return {
    type: 'image_generation.completed',
    b64_json: 'A'.repeat(400_000),
    error: { code: text, message: `no ${text}` },
  }
}

function events(...list: readonly object[]): Script {
  const text = list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  return (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)
}

/** An answer to an order of events: an error event. */
function eventWith(member: string, text: string): Script {
  const data = JSON.stringify({ error: { message: 'no', code: 'x', [member]: text } })
  return (response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: error\ndata: ${data}\n\n`)
}

const PLACES: readonly [place: string, script: (text: string) => Script, order?: object][] = [
  ['x-request-id', (text) => imageWith({ 'x-request-id': text })],
  ['x-oneapi-request-id', (text) => imageWith({ 'x-oneapi-request-id': text })],
  ['x-request-id of an error', (text) => answerJson({ error: { message: 'no' } }, 400, { 'x-request-id': text })],
  ['x-request-id of a failure', (text) => answerJson('', 500, { 'x-request-id': text })],
  ['content-type', (text) => imageWith({ 'content-type': text })],
  ['subtype of content-type', (text) => imageWith({ 'content-type': `application/${text}` })],
  ['charset of content-type', (text) => imageWith({ 'content-type': `application/json; charset=${text}` })],
  ['content-encoding', (text) => imageWith({ 'content-encoding': text })],
  ['openai-version', (text) => imageWith({ 'openai-version': text })],
  ['openai-processing-ms', (text) => imageWith({ 'openai-processing-ms': text })],
  ['openai-organization', (text) => imageWith({ 'openai-organization': text })],
  ['retry-after', (text) => answerJson({ error: { message: 'busy' } }, 503, { 'retry-after': text })],
  ['location', (text) => answerJson('', 302, { location: `https://evil.example/${text}` })],
  ...['message', 'type', 'code', 'param'].flatMap((member): [string, (text: string) => Script, object?][] => [
    [`${member} of a 400`, (text) => errorWith(400, member, text)],
    [`${member} of a 500`, (text) => errorWith(500, member, text)],
    [`${member} of a 503`, (text) => errorWith(503, member, text)],
    [`${member} of a 200`, (text) => errorWith(200, member, text)],
    [`${member} of an error event`, (text) => eventWith(member, text), { stream: true }],
  ]),
  ['words of an error', (text) => answerJson({ error: `bad key ${text}` }, 400)],
  ['page', (text) => answerJson(`<html>${text}</html>`, 502, { 'content-type': 'text/html' })],
  ...BESIDE_AN_IMAGE,
  ['size and quality of an image', (text) => answerJson(gptAnswer({ size: text, quality: text }))],
]

const WAYS = new Map([...SPELLINGS, ['its digits', () => '61728394'] as const])

/** Each is a new order, also where an equal one failed a moment ago. */
const ANEW = { 'x-gateway-adopt': 'never' }

/** Everything that the gateway says of an order to which the upstream answers with a spelling of its key. */
async function saidOf(spelling: string, parameters: object): Promise<string> {
  const answer = await gateway.post({ ...gptImage, prompt: spelling, ...parameters }, { ...alice.headers, ...ANEW })
  const headers = [...answer.headers].flat()
  const body = await answer.text()
  const log = JSON.stringify(await gateway.logOf(answer))
  // The members of an image are the client's, and are relayed byte for byte.
  const isImage = answer.ok && !body.includes('"error"')
  return [...headers, isImage ? '' : body, log].join('\n')
}

it.each(PLACES)(
  'the upstream key does not come back from its %s, however it is spelled',
  async (_place, script, more) => {
    world.upstream.script = (response, request) => {
      const { prompt } = JSON.parse(request.body.toString()) as { prompt: string }
      return script(WAYS.get(prompt)?.(KEY) ?? '')(response, request)
    }
    const leaks = [...WAYS.keys()].map(async (way) => ({ way, leak: leakOf(KEY, await saidOf(way, more ?? {})) }))
    expect((await Promise.all(leaks)).filter(({ leak }) => leak !== undefined)).toEqual([])
  },
)

it('the upstream key stands in no row, report, metric or log line after all this', async () => {
  await world.idle()
  const administrator = bearer(ADMIN_KEY)
  const reports = ['/gateway/generations?limit=1000', '/gateway/usage', '/gateway/keys']
  const answers = await Promise.all(reports.map((path) => gateway.get(path, administrator)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const environment = { DATA_DIR: world.directory }
  const csv = await command(world.directory, ['generations', '--csv', '--number', '1000'], { environment })
  expect(csv.code).toBe(0)
  expect(csv.stdout.split('\n').length).toBeGreaterThan(100)
  const places = {
    rows: JSON.stringify(await world.rows()),
    reports: (await Promise.all(answers.map((answer) => answer.text()))).join('\n'),
    csv: csv.stdout,
    metrics: await (await gateway.get('/metrics', administrator)).text(),
    log: gateway.lines.join('\n'),
    disk: bytesOnDisk(),
  }
  expect(Object.entries(places).map(([place, text]) => [place, leakOf(KEY, text)])).toEqual(
    Object.keys(places).map((place) => [place, undefined]),
  )
})

it('an id of the upstream that has nothing of the key is kept', async () => {
  world.upstream.script = imageWith({
    'x-request-id': '20260205132859798638387SIHCnxzJ',
    'openai-processing-ms': '1234',
  })
  const answer = await gateway.post(gptImage, alice.headers)
  await answer.arrayBuffer()
  await world.idle()
  expect((await world.rows())[0]).toMatchObject({ upstreamRequestId: '20260205132859798638387SIHCnxzJ' })
  expect(answer.headers.get('openai-processing-ms')).toBe('1234')
})

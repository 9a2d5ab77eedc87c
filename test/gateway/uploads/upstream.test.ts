import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { largePicture } from '../../helpers/images.ts'
import { UpstreamServer } from '../../helpers/upstream-server.ts'
import { PatientClock } from '../../helpers/time/patient-clock.ts'
import { turns } from '../../helpers/time/turns.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../../helpers/upstream.ts'
import { census, edit, NOTHING, text, upload, WireClient } from './wire-client.ts'
import type { Socket } from 'node:net'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { WireAnswer } from './wire-client.ts'

/** Called at the first bytes of each connection. */
type OnRequest = (socket: Socket, first: Buffer) => void

let onRequest: OnRequest = () => {}
const raw = new UpstreamServer({
  onConnection: (socket) => socket.once('data', (first: Buffer) => onRequest(socket, first)),
})
let gateway: TestGateway
/** More than what fits into the sockets in between. */
let body: Buffer
/** More than what stays in memory. */
let smaller: Buffer

beforeAll(async () => {
  await raw.listen()
  gateway = await startGateway(raw.url, { LOG_LEVEL: 'info' })
  body = edit(await largePicture(6_000_000))
  smaller = edit(await largePicture(1_000_000))
})
afterEach(async () => {
  await eventually('nothing is left', async () => expect(await census(gateway)).toEqual(NOTHING))
})
afterAll(async () => {
  await gateway.close()
  await raw.close()
})

const IMAGES = JSON.stringify(imageAnswer())
const REFUSAL = JSON.stringify({ error: { message: 'too large', type: 'invalid_request_error', code: 'too_large' } })
const answer = (status: number, json: string, headers = ''): string =>
  `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\n${headers}content-length: ${json.length}\r\n\r\n${json}`

/** The same upload each time, and each time a new order. */
const ANEW = { 'x-gateway-adopt': 'never' }

async function sent(at = gateway, bytes = body): Promise<WireAnswer> {
  const client = await WireClient.to(at.url)
  await client.write(upload(bytes, ANEW))
  const got = await client.answer()
  client.socket.destroy()
  return got
}

describe('an upstream that answers before it has read the upload', () => {
  it.each<[what: string, onRequest: OnRequest, status: number, images: number]>([
    [
      'with a refusal, and closes',
      (socket) => void socket.pause().end(answer(413, REFUSAL, 'connection: close\r\n')),
      413,
      0,
    ],
    ['with a refusal, and reads no more', (socket) => void socket.pause().write(answer(413, REFUSAL)), 413, 0],
    ['with a refusal, and reads on', (socket) => void socket.resume().write(answer(413, REFUSAL)), 413, 0],
    ['with images, and reads no more', (socket) => void socket.pause().write(answer(200, IMAGES)), 200, 1],
    ['with images, and reads on', (socket) => void socket.resume().write(answer(200, IMAGES)), 200, 1],
    ['with images, and closes', (socket) => void socket.pause().end(answer(200, IMAGES)), 200, 1],
    [
      'with half of the images, and resets',
      (socket) => void socket.write(answer(200, IMAGES).slice(0, -9), () => void socket.resetAndDestroy()),
      502,
      0,
    ],
    [
      'with a 102, and then with images',
      (socket) => void socket.resume().write(`HTTP/1.1 102 Processing\r\n\r\n${answer(200, IMAGES)}`),
      200,
      1,
    ],
    ['with nothing, and resets', (socket) => void socket.resetAndDestroy(), 502, 0],
    ['with nothing, and closes', (socket) => void socket.end(), 502, 0],
    ['with no HTTP', (socket) => void socket.resume().write('hello\r\n\r\n'), 502, 0],
  ])('%s', async (_what, does, status, images) => {
    onRequest = does
    const before = gateway.lines.length
    const got = await sent()
    expect(got.status).toBe(status)
    expect(got.body.toString()).toContain(status === 413 ? 'error' : status === 200 ? 'b64_json' : 'upstream_failed')
    await eventually('it is logged', () =>
      expect(gateway.parsedLines(before).at(-1)).toMatchObject({ msg: 'request', status, images }),
    )
    // The rest of the upload never becomes the beginning of another request.
    onRequest = (socket, first) => {
      expect(first.toString('latin1', 0, 21)).toBe('POST /v1/images/edits')
      socket.resume().write(answer(200, IMAGES, 'connection: close\r\n'))
    }
    expect((await sent(gateway, smaller)).status).toBe(200)
  })

  it('with a refusal, and resets at once, has refused or failed: the reset may overtake the answer', async () => {
    for (const end of [undefined, -9]) {
      const half = answer(413, REFUSAL).slice(0, end)
      onRequest = (socket) => void socket.write(half, () => void socket.resetAndDestroy())
      for (let count = 0; count < 3; count++) expect([413, 502]).toContain((await sent(gateway, smaller)).status)
    }
  })

  it('at any byte of it, often, on many connections, breaks nothing', async () => {
    const uncaught: unknown[] = []
    const remember = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', remember)
    let count = 0
    onRequest = (socket, first) => {
      const which = count++
      const limit = ((which * 7919) % 100) * 10_000
      let got = first.length
      let isOver = false
      const look = (): void => {
        if (isOver || got < limit) return
        isOver = true
        if (which % 4 === 0) socket.resetAndDestroy()
        else if (which % 4 === 1) socket.write(answer(200, IMAGES, 'connection: close\r\n'))
        else if (which % 4 === 2) socket.pause().end(answer(413, REFUSAL, 'connection: close\r\n'))
        else socket.end()
      }
      socket.on('data', (chunk: Buffer) => {
        got += chunk.length
        look()
      })
      look()
    }
    const statuses = new Set<number>()
    const one = async (index: number): Promise<void> => {
      if (index % 5 !== 0) return void statuses.add((await sent(gateway, smaller)).status)
      const client = await WireClient.to(gateway.url)
      await client.write(upload(smaller, ANEW))
      await turns(index)
      client.socket.resetAndDestroy()
    }
    for (let round = 0; round < 5; round++)
      await Promise.all(Array.from({ length: 5 }, async (_, at) => one(round * 5 + at)))
    expect([...statuses].every((status) => [200, 413, 502].includes(status))).toBe(true)
    await turns()
    process.off('uncaughtException', remember)
    expect(uncaught).toEqual([])
  })
})

describe('an upstream that is in no hurry', () => {
  it('and reads nothing keeps the upload on disk, and the client may leave', async () => {
    let socket: Socket | undefined
    onRequest = (one) => void (socket = one.pause())
    const client = await WireClient.to(gateway.url)
    await client.write(upload(body, ANEW))
    await eventually('the upload is on its way', () => socket !== undefined)
    await eventually('it waits on disk', async () =>
      expect(await census(gateway)).toMatchObject({ openFiles: 1, filesOnDisk: 0, underWay: 1 }),
    )
    client.socket.resetAndDestroy()
    await eventually('the client is seen leaving', async () =>
      expect(await census(gateway)).toMatchObject({ connections: 0 }),
    )
    expect(await census(gateway)).toMatchObject({ openFiles: 1, underWay: 1 }) // it is paid for all the same
    socket?.resume()
    socket?.write(answer(200, IMAGES, 'connection: close\r\n'))
  })

  it('and never gets its upload, since it does not shake hands, has cost nothing when the client leaves', async () => {
    const silent = new UpstreamServer({ onConnection: () => {} })
    await silent.listen()
    const held = await startGateway(silent.url.replace('http:', 'https:'))
    const client = await WireClient.to(held.url)
    await client.write(upload(body, ANEW))
    await eventually('the upload waits for a connection', () => held.app.underWay().length === 1)
    client.socket.resetAndDestroy()
    await eventually('nobody waits any more', () => held.app.underWay().length === 0)
    await eventually('its file is closed', async () => (await census(held)).openFiles === 0)
    await eventually('it is logged', () => expect(held.lines.join('')).toContain('"failure":"client_closed_request"'))
    await silent.close()
    await held.close()
  })
})

describe('an upload that is sent again', () => {
  it('because the upstream was overloaded is the same, byte for byte, as it was received or rewritten', async () => {
    const upstream = await scriptedUpstream()
    const patient = await startGateway(upstream.url, {}, { clock: new PatientClock() })
    const overloaded = { error: { message: 'overloaded', type: 'comet_api_error', code: '' } }
    const lengths = new Set<number>()
    upstream.script = (response, request) => {
      const isFirst = !lengths.has(request.body.length)
      lengths.add(request.body.length)
      return (isFirst ? answerJson(overloaded, 503) : answerJson(imageAnswer()))(response, request)
    }
    const style = Buffer.from('--limit\r\ncontent-disposition: form-data; name="style"\r\n\r\nvivid\r\n')
    const client = await WireClient.to(patient.url)
    await client.write(
      upload(Buffer.concat([style, text('user', 'me'), body]), { ...ANEW, 'x-gateway-parameter-policy': 'drop' }),
    )
    const [asReceived, rewritten] = await Promise.all([sent(patient), client.answer()])
    expect([asReceived.status, rewritten.status]).toEqual([200, 200])
    client.socket.destroy()
    const bodies = [...Map.groupBy(upstream.received, (one) => one.body.length).values()]
    expect(bodies.map((both) => both.map((one) => one.body.equals(both[0]?.body ?? style)))).toEqual([
      [true, true],
      [true, true],
    ])
    expect(bodies.some(([one]) => one?.body.equals(body))).toBe(true)
    await eventually('its file is closed', async () => (await census(patient)).openFiles === 0)
    await patient.close()
    await upstream.close()
  })
})

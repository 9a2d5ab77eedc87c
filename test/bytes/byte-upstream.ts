import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { bodyOf } from '../helpers/upstream-server.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Certificate } from '../helpers/certificate.ts'

const RANDOM = Buffer.from(randomBytes(6_000_000).toString('base64'))
const USAGE = '"usage":{"input_tokens":16,"output_tokens":208,"total_tokens":224}'
/** Pieces that an answer is sent in: tiny, of a packet, of a read, of several reads. */
const PIECES = [1, 300, 1460, 16_384, 65_536, 300_000] as const

/** An upstream of random answers, in random pieces, that remembers what it has sent. */
export interface ByteUpstream {
  readonly url: string
  /** The answer to the order with this prompt. */
  answerTo(prompt: string): Buffer
  forget(prompt: string): void
  closeConnections(): void
  close(): Promise<void>
}

export interface ByteUpstreamOptions {
  /** Speaks TLS. */
  readonly certificate?: Certificate
  readonly mostBytes: number
}

export async function startByteUpstream({ certificate, mostBytes }: ByteUpstreamOptions): Promise<ByteUpstream> {
  const answers = new Map<string, Buffer>()
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on('error', () => {})
    const { body } = await bodyOf(request)
    const { prompt, stream = false } = JSON.parse(body.toString()) as { prompt: string; stream?: boolean }
    const bytes = stream ? events(mostBytes) : json(randomInt(1, mostBytes))
    answers.set(prompt, bytes)
    await send(response, bytes, stream)
  }
  const handle = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response)
  const server: Server = certificate === undefined ? createServer(handle) : createTlsServer(certificate, handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    answerTo: (prompt) => answers.get(prompt) ?? Buffer.alloc(0),
    forget: (prompt) => void answers.delete(prompt),
    closeConnections: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function image(bytes: number): Buffer {
  const from = randomInt(0, RANDOM.length - bytes)
  return RANDOM.subarray(from, from + bytes)
}

function json(bytes: number): Buffer {
  return Buffer.concat([Buffer.from('{"created":1,"data":[{"b64_json":"'), image(bytes), Buffer.from(`"}],${USAGE}}`)])
}

/** Two previews and an image. */
function events(mostBytes: number): Buffer {
  const event = (type: string, more: string): Buffer =>
    Buffer.concat([
      Buffer.from(`event: ${type}\ndata: {"type":"${type}","b64_json":"`),
      image(randomInt(1, Math.floor(mostBytes / 3))),
      Buffer.from(`"${more}}\n\n`),
    ])
  const preview = (index: number): Buffer => event('image_generation.partial_image', `,"partial_image_index":${index}`)
  return Buffer.concat([preview(0), preview(1), event('image_generation.completed', `,${USAGE}`)])
}

/** Sends bytes in random pieces, with a length or in chunks. */
async function send(response: ServerResponse, bytes: Buffer, isStream: boolean): Promise<void> {
  const hasLength = !isStream && randomInt(3) > 0
  response.writeHead(200, {
    'content-type': isStream ? 'text/event-stream' : 'application/json',
    ...(hasLength ? { 'content-length': bytes.length } : {}),
  })
  const piece = PIECES[randomInt(PIECES.length)] ?? 1
  // Tiny pieces of a large answer would take for ever: some of them, then the rest.
  for (let at = 0, pieces = 0; at < bytes.length; pieces++) {
    const length = pieces < 200 ? randomInt(1, piece + 1) : bytes.length
    const isRoom = response.write(bytes.subarray(at, at + length))
    at += length
    if (response.destroyed) return
    if (!isRoom) await drained(response)
    else if (randomInt(4) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}

async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve).once('close', resolve)
  await promise
  response.off('drain', resolve).off('close', resolve)
}

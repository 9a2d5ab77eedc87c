import { createServer } from 'node:http'
import { crc32 } from 'node:zlib'
import { CHECK_PROMPT, PNG_MARK, answerOf, eventOf } from './bodies.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UpstreamKind } from './upstream.ts'

/** A program of its own: an upstream that takes its time, sends events, or reads uploads. Its argument is a JSON of kind and port. */
type Kind = Exclude<UpstreamKind, { kind: 'file' }>
type Answer = (request: IncomingMessage, response: ServerResponse) => void

const { port, ...kind } = JSON.parse(process.argv[2] ?? '') as Kind & { readonly port: number }
const SMALL = answerOf(300)
const JSON_TYPE = { 'content-type': 'application/json' }

function answerFor(chosen: Kind): Answer {
  if (chosen.kind === 'late') return late(chosen.afterMs)
  if (chosen.kind === 'events') return events(chosen)
  return uploads(chosen.imageBytes)
}

function late(afterMs: number): Answer {
  return (request, response) => {
    request.resume()
    setTimeout(() => response.writeHead(200, JSON_TYPE).end(SMALL), afterMs)
  }
}

/** Streams events from buffers that are made once. With a pause, the first event carries the moment of its sending. */
function events({ events: count, characters, pauseMs }: Extract<Kind, { kind: 'events' }>): Answer {
  const buffers = Array.from({ length: count }, (_, index) =>
    Buffer.from(eventOf(characters, index, index === count - 1, pauseMs > 0 && index === 0 ? MOMENT : undefined)),
  )
  return (request, response) => {
    request.resume()
    request.once('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (pauseMs === 0) return writeAll(response, buffers)
      response.flushHeaders()
      setTimeout(() => {
        response.write(stamped(buffers[0] ?? Buffer.alloc(0)))
        setTimeout(() => writeAll(response, buffers.slice(1)), pauseMs)
      }, pauseMs)
    })
  }
}

/** Stands where the moment will be written. */
const MOMENT = '0'.repeat(20)

/** A copy with the monotonic clock in nanoseconds, which all processes of a machine share. */
function stamped(event: Buffer): Buffer {
  const copy = Buffer.from(event)
  copy.write(process.hrtime.bigint().toString().padStart(MOMENT.length, '0'), copy.indexOf(MOMENT), 'latin1')
  return copy
}

function writeAll(response: ServerResponse, buffers: readonly Buffer[]): void {
  for (const buffer of buffers) response.write(buffer)
  response.end()
}

/** Reads an upload to its end; one with the prompt for it is answered with the checksum of its image as the picture. */
function uploads(imageBytes: number): Answer {
  return (request, response) => {
    const kept: Buffer[] = []
    let isChecked: boolean | undefined
    request.on('data', (chunk: Buffer) => {
      isChecked ??= chunk.includes(CHECK_PROMPT)
      if (isChecked) kept.push(chunk)
    })
    request.once('end', () => {
      const picture = isChecked === true ? sumOf(Buffer.concat(kept), imageBytes) : ''
      response
        .writeHead(200, JSON_TYPE)
        .end(isChecked === true ? SMALL.replace(/"b64_json":"[^"]*"/, `"b64_json":"${picture}"`) : SMALL)
    })
  }
}

function sumOf(body: Buffer, imageBytes: number): string {
  const at = body.indexOf(PNG_MARK)
  return at < 0
    ? 'none'
    : crc32(body.subarray(at, at + imageBytes))
        .toString(16)
        .padStart(8, '0')
}

const answer = answerFor(kind)
createServer((request, response) => (request.method === 'POST' ? answer(request, response) : response.end())).listen({
  port,
  host: '127.0.0.1',
  backlog: 4096,
})

import { errorBody, JSON_TYPE, jsonAnswer, STREAM_TYPE, streamedAnswer } from './answers.ts'
import { UPSTREAM_KEY } from './leaks.ts'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Subject } from './kinds.ts'

/** A request upstream that waits for its fault. */
export interface Call {
  readonly subject: Subject
  /** How many requests for the same subject there have been, this one included. */
  readonly attempt: number
  readonly response: ServerResponse
  readonly socket: Socket
}

/** The end of a request: images; a refusal, which costs nothing; or a failure that says nothing about the image. */
type Meaning = 'answer' | 'refusal' | 'ambiguous'

export interface Fault {
  readonly name: string
  /** How many of a thousand requests. */
  readonly share: number
  readonly meaning: Meaning
  /** The upstream makes the image and charges for it. */
  readonly buys: boolean
  /** The request is not read to its end. */
  readonly isBeforeReading?: boolean
  /** Its answer is written to the socket directly, past node:http. */
  readonly isByHand?: boolean
  /** Undefined: the fault fits every order. */
  readonly fits?: (subject: Subject) => boolean
  readonly run: (call: Call) => void | Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const isLarge = ({ kind }: Subject): boolean => kind.bytes[0] >= 100_000
const isStream = ({ kind }: Subject): boolean => kind.isStream === true
const isSmallJson = (subject: Subject): boolean => !isLarge(subject) && !isStream(subject)
/** Small enough for one TCP segment on loopback: bytes that are written together arrive together. */
const isTiny = ({ kind }: Subject): boolean => kind.bytes[1] <= 20_000
const hasMiddle = ({ kind }: Subject): boolean => kind.bytes[0] >= 500
/** Headers that repeat the upstream key. A request id like that cannot be booked by its name. */
const REPEATING = {
  'content-type': `application/json; charset=utf-8; key=${UPSTREAM_KEY}`,
  'x-request-id': UPSTREAM_KEY,
  'openai-version': UPSTREAM_KEY,
  'retry-after': UPSTREAM_KEY,
  'x-used-key': UPSTREAM_KEY,
}
const PAGE = { 'content-type': 'text/html' }

const reset = ({ socket }: Call): void => void socket.resetAndDestroy()

function says(status: number, body: string, headers: Record<string, string> = JSON_TYPE) {
  return ({ response }: Call): void => void response.writeHead(status, headers).end(body)
}

function answers({ subject, attempt, response }: Call): void {
  if (isStream(subject)) {
    const [preview, image] = streamedAnswer(subject, attempt)
    response.writeHead(200, STREAM_TYPE).write(preview)
    setTimeout(() => response.end(image), 30)
    return
  }
  const answer = jsonAnswer(subject, attempt)
  response.writeHead(200, { ...JSON_TYPE, 'content-length': answer.length }).end(answer)
}

/** Sends the beginning of an answer, waits until it has arrived, then breaks off. */
function breaksOff(breaks: (call: Call) => void) {
  return async (call: Call): Promise<void> => {
    const { subject, attempt, response } = call
    const [beginning, type] = isStream(subject)
      ? [streamedAnswer(subject, attempt)[0], STREAM_TYPE]
      : [jsonAnswer(subject, attempt).subarray(0, -200), JSON_TYPE]
    response.writeHead(200, type).write(beginning)
    await pause(50)
    breaks(call)
  }
}

async function resetsAfterHeaders({ response, socket }: Call): Promise<void> {
  response.writeHead(200, JSON_TYPE).flushHeaders()
  await pause(20)
  socket.resetAndDestroy()
}

function answersRepeatingTheKey({ subject, attempt, response }: Call): void {
  const type = isStream(subject) ? STREAM_TYPE : {}
  const answer = isStream(subject) ? Buffer.concat(streamedAnswer(subject, attempt)) : jsonAnswer(subject, attempt)
  response.writeHead(200, { ...REPEATING, ...type }).end(answer)
}

/** Every byte of the answer is a chunk of its own (RFC 9112, 7.1). */
function answersInSingleBytes({ subject, attempt, socket }: Call): void {
  const answer = isStream(subject) ? Buffer.concat(streamedAnswer(subject, attempt)) : jsonAnswer(subject, attempt)
  const { 'content-type': type } = isStream(subject) ? STREAM_TYPE : JSON_TYPE
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\nx-request-id: ${subject.id}-${attempt}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`
  const body = Buffer.alloc(answer.length * 6, '1\r\n \r\n')
  for (const [at, byte] of answer.entries()) body[at * 6 + 3] = byte
  socket.end(Buffer.concat([Buffer.from(head), body, Buffer.from('0\r\n\r\n')]))
}

async function answersInPieces({ subject, attempt, response }: Call): Promise<void> {
  const answer = jsonAnswer(subject, attempt)
  response.writeHead(200, { ...JSON_TYPE, 'content-length': answer.length })
  const step = Math.ceil(answer.length / 40)
  for (let at = 0; at < answer.length && !response.destroyed; at += step) {
    response.write(answer.subarray(at, at + step))
    await pause(5)
  }
  response.end()
}

/** Writes head and body to the socket in one piece, with a content-length that may be wrong and bytes behind the body. */
function writes(lengthOf: (bytes: number) => number, rest: string) {
  return ({ subject, attempt, socket }: Call): void => {
    const answer = jsonAnswer(subject, attempt)
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: ${subject.id}-${attempt}\r\ncontent-length: ${lengthOf(answer.length)}\r\n\r\n`
    socket.end(Buffer.concat([Buffer.from(head), answer, Buffer.from(rest)]))
  }
}

function endsShort({ subject, attempt, response }: Call): void {
  const answer = jsonAnswer(subject, attempt)
  response.writeHead(200, JSON_TYPE).end(answer.subarray(0, answer.length - 40))
}

async function sendsTooLittle({ subject, attempt, response, socket }: Call): Promise<void> {
  const answer = jsonAnswer(subject, attempt)
  response.writeHead(200, { ...JSON_TYPE, 'content-length': answer.length }).write(answer.subarray(0, -40))
  await pause(20)
  socket.destroy()
}

const good = { meaning: 'answer', buys: true } as const
const refuses = { meaning: 'refusal', buys: false } as const
const breaks = { meaning: 'ambiguous', buys: true } as const
const fails = { meaning: 'ambiguous', buys: false } as const
const hangs = (): void => {}
const soon = { ...JSON_TYPE, 'retry-after': '1' }

/** Everything that an upstream may do with a request. */
export const FAULTS: readonly Fault[] = [
  { name: 'answers', share: 490, ...good, run: answers },
  { name: 'answers in small pieces', share: 40, ...good, fits: isSmallJson, run: answersInPieces },
  { name: 'answers, repeating the key', share: 40, ...good, run: answersRepeatingTheKey },
  {
    name: 'answers in chunks of one byte',
    share: 30,
    ...good,
    fits: (subject) => isTiny(subject) || isStream(subject),
    isByHand: true,
    run: answersInSingleBytes,
  },
  {
    name: 'answers, and more than its length',
    share: 12,
    ...good,
    fits: isTiny,
    isByHand: true,
    run: writes((n) => n, 'HTTP/1.1'),
  },
  { name: 'answers a stream with JSON', share: 40, ...good, fits: isStream, run: answersWithJson },
  { name: '429', share: 40, ...refuses, run: says(429, errorBody('rate_limit_exceeded')) },
  { name: '429, retry-after', share: 15, ...refuses, run: says(429, errorBody('slow_down'), soon) },
  { name: '503 overloaded', share: 30, ...refuses, run: says(503, errorBody('server_is_overloaded')) },
  { name: '503 model_not_found', share: 8, ...refuses, run: says(503, errorBody('model_not_found')) },
  { name: '400 moderation', share: 15, ...refuses, run: says(400, errorBody('moderation_blocked')) },
  { name: 'refuses in a stream', share: 15, ...refuses, fits: isStream, run: refusesInStream },
  { name: 'resets before it has read', share: 20, ...fails, isBeforeReading: true, run: reset },
  { name: '500', share: 15, ...fails, run: says(500, errorBody('do_request_failed')) },
  { name: '502 page', share: 15, ...fails, run: says(502, `<html>502 ${UPSTREAM_KEY}</html>`, PAGE) },
  { name: 'resets after it has read', share: 20, ...breaks, run: reset },
  { name: 'closes without an answer', share: 15, ...breaks, run: ({ socket }) => void socket.end() },
  { name: 'hangs', share: 8, ...breaks, run: hangs },
  { name: '500, repeating the key', share: 10, ...fails, run: says(500, errorBody('bad_response'), REPEATING) },
  { name: '500, and makes the image', share: 10, ...breaks, run: says(500, '{}') },
  { name: '504', share: 10, ...breaks, run: says(504, errorBody('')) },
  { name: '524 page', share: 10, ...breaks, run: says(524, '<html>524</html>', PAGE) },
  { name: 'resets after the headers', share: 15, ...breaks, run: resetsAfterHeaders },
  { name: 'resets in the middle', share: 25, ...breaks, fits: hasMiddle, run: breaksOff(reset) },
  {
    name: 'closes in the middle',
    share: 15,
    ...breaks,
    fits: hasMiddle,
    run: breaksOff(({ socket }) => void socket.end()),
  },
  {
    name: 'ends in the middle',
    share: 15,
    ...breaks,
    fits: hasMiddle,
    run: breaksOff(({ response }) => void response.end()),
  },
  { name: 'hangs in the middle', share: 5, ...breaks, fits: hasMiddle, run: breaksOff(hangs) },
  { name: 'ends cleanly too early', share: 10, ...breaks, fits: isSmallJson, run: endsShort },
  { name: 'sends less than its length', share: 10, ...breaks, fits: isSmallJson, run: sendsTooLittle },
  { name: 'has too small a length', share: 10, ...breaks, fits: isTiny, run: writes((n) => n - 40, '') },
  { name: 'fails in a stream', share: 20, ...breaks, fits: isStream, run: breaksOff(failsInStream) },
]

function answersWithJson({ subject, attempt, response }: Call): void {
  response.writeHead(200, JSON_TYPE).end(jsonAnswer(subject, attempt))
}

function refusesInStream({ response }: Call): void {
  response.writeHead(200, STREAM_TYPE).end(`data: ${errorBody('moderation_blocked')}\n\n`)
}

function failsInStream({ response }: Call): void {
  response.end(`data: ${errorBody('bad_response')}\n\n`)
}

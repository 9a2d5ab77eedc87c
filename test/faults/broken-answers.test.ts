import { turns } from '../helpers/time/turns.ts'
import { answers, hangs, imageAnswer, JSON_TYPE, largeAnswer, PART, usageFirst } from './faulty-upstream.ts'
import { table } from './table.ts'
import type { Act, Arrival, FaultyUpstream } from './faulty-upstream.ts'
import type { Fault } from './table.ts'

const failed = { kind: 'failed', status: 502, codes: ['upstream_failed'], retry: 'never', isAmbiguous: true } as const
/** Answers that end cleanly and are not whole: the image was made all the same. */
const notWhole = { ...failed, codes: ['upstream_failed', 'upstream_invalid_response'] } as const
const cut = { kind: 'cut', booked: 'highest' } as const

type Breaks = (arrival: Arrival, upstream: FaultyUpstream) => unknown

/** Sends the beginning of a large answer, waits at the second gate and does something. */
function breaksOff(breaks: Breaks, make = largeAnswer, head: Record<string, string | number> = {}): Act {
  return async (arrival, upstream) => {
    const answer = arrival.buy(make)
    await upstream.before.passed()
    arrival.response.writeHead(200, { ...JSON_TYPE, ...head })
    await new Promise((resolve) => arrival.response.write(answer.subarray(0, PART), resolve))
    await upstream.middle.passed()
    await turns() // the bytes that were sent arrive before the connection breaks
    await breaks(arrival, upstream)
  }
}

/** Answers a small one that is not what its headers say. */
function sends(length: (bytes: number) => number, cutTo: (answer: Buffer) => Buffer): Act {
  return async ({ buy, response }, { before }) => {
    const answer = buy(imageAnswer)
    await before.passed()
    response.strictContentLength = false
    response.writeHead(200, { ...JSON_TYPE, 'content-length': length(answer.length) })
    response.write(cutTo(answer))
    await turns()
    response.destroy()
  }
}

const resetsAfterHeaders: Act = async ({ buy, response, socket }, { before }) => {
  buy()
  await before.passed()
  response.writeHead(200, JSON_TYPE).flushHeaders()
  await turns()
  socket.resetAndDestroy()
}

const byteByByte: Act = async ({ buy, response, socket }, { before }) => {
  const answer = buy()
  await before.passed()
  socket.setNoDelay(true)
  response.writeHead(200, { ...JSON_TYPE, 'content-length': answer.length })
  for (const byte of answer) {
    response.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.end()
}

const endsCleanlyTooEarly: Act = async ({ buy, response }, { before }) => {
  const answer = buy()
  await before.passed()
  response.writeHead(200, JSON_TYPE).end(answer.subarray(0, answer.length - 90))
}

const FAULTS: readonly Fault[] = [
  { name: 'resets after the headers', buys: true, act: resetsAfterHeaders, outcome: failed },
  {
    name: 'resets in the middle of the body',
    buys: true,
    hasMiddle: true,
    act: breaksOff(({ socket }) => socket.resetAndDestroy()),
    outcome: cut,
  },
  {
    name: 'resets in the middle of the body, behind the usage',
    buys: true,
    hasMiddle: true,
    act: breaksOff(({ socket }) => socket.resetAndDestroy(), usageFirst),
    outcome: { kind: 'cut', booked: 'usage' },
  },
  {
    name: 'closes in the middle of the body',
    buys: true,
    hasMiddle: true,
    act: breaksOff(({ socket }) => socket.end()),
    outcome: cut,
  },
  {
    name: 'ends a large answer cleanly too early',
    buys: true,
    hasMiddle: true,
    act: breaksOff(({ response }) => response.end()),
    outcome: cut,
  },
  {
    name: 'ends an answer without a length cleanly too early',
    buys: true,
    hasMiddle: true,
    act: breaksOff(({ response }) => response.end(), largeAnswer, { 'transfer-encoding': '', connection: 'close' }),
    outcome: cut,
  },
  {
    name: 'hangs in the middle of the body',
    buys: true,
    hasMiddle: true,
    act: breaksOff(async (_arrival, upstream) => hangs(upstream)),
    outcome: cut,
  },
  { name: 'ends a small answer cleanly too early', buys: true, act: endsCleanlyTooEarly, outcome: notWhole },
  {
    name: 'sends less than its content-length',
    buys: true,
    act: sends(
      (bytes) => bytes,
      (answer) => answer.subarray(0, -90),
    ),
    outcome: failed,
  },
  {
    name: 'has a content-length smaller than its answer',
    buys: true,
    act: sends(
      (bytes) => bytes - 90,
      (answer) => answer,
    ),
    outcome: notWhole,
  },
  {
    name: 'sends more than its content-length, behind a whole answer',
    buys: true,
    act: sends(
      (bytes) => bytes,
      (answer) => Buffer.concat([answer, Buffer.from('HTTP/1.1 200 OK\r\n\r\ngarbage')]),
    ),
    outcome: { kind: 'answered' },
  },
  { name: 'answers slowly, byte by byte', buys: true, act: byteByByte, outcome: { kind: 'answered' } },
  {
    name: 'answers with a large picture in two parts',
    buys: true,
    hasMiddle: true,
    act: answers(largeAnswer),
    outcome: { kind: 'answered' },
  },
]

table('An upstream', FAULTS)

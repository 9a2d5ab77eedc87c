import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { readAnswers } from '../../helpers/raw-answers.ts'
import type { RawAnswer } from '../../helpers/raw-answers.ts'
import type { WireRequest } from './requests.ts'

/** A gateway that says nothing for as long has forgotten its client. */
const PATIENCE_MS = 60_000
/** How long nothing must come before what has come is read: a connection that is kept open does not say when it is all. */
const QUIET_MS = 5
const CONTINUE = /^HTTP\/1\.1 100 Continue\r\n\r\n/

export interface Outcome {
  /** The first answer, where all of it has come. */
  readonly answer: RawAnswer | undefined
  readonly isTimedOut: boolean
  /** The beginning of what has come. */
  readonly start: string
}

/** Sends a request on a connection of its own, and reads the answer, or leaves before. */
export async function exchange(url: string, { packets, leaving, isWhole }: WireRequest): Promise<Outcome> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const received: Buffer[] = []
  const over = Promise.withResolvers<boolean>()
  const patience = setTimeout(() => over.resolve(true), PATIENCE_MS)
  let quiet: NodeJS.Timeout | undefined
  socket.on('error', () => {})
  socket.on('close', () => over.resolve(false))
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    clearTimeout(quiet)
    quiet = setTimeout(() => answerIn(received) !== undefined && over.resolve(false), QUIET_MS)
  })
  await Promise.race([once(socket, 'connect').catch(() => {}), over.promise])
  for (const packet of packets) {
    if (!socket.write(packet)) await Promise.race([once(socket, 'drain').catch(() => {}), over.promise])
    await setImmediate()
  }
  if (leaving !== 'after the answer') socket.destroy()
  else if (!isWhole) socket.end() // no more will come
  const isTimedOut = await over.promise
  clearTimeout(patience)
  clearTimeout(quiet)
  socket.destroy()
  return { answer: answerIn(received), isTimedOut, start: startOf(received) }
}

function answerIn(received: readonly Buffer[]): RawAnswer | undefined {
  const all = Buffer.concat(received)
  const interim = CONTINUE.exec(all.toString('latin1', 0, 100))?.[0].length ?? 0
  return readAnswers(all.subarray(interim)).answers[0]
}

function startOf([first = Buffer.alloc(0)]: readonly Buffer[]): string {
  return first.toString('latin1', 0, 200)
}

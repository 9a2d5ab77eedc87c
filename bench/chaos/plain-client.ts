import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { between } from './chance.ts'
import { endingOf } from './endings.ts'
import { rollOf } from './plan.ts'
import { requestOf, TIMED_OUT } from './requests.ts'
import type { Answer } from './endings.ts'
import type { Order } from './plan.ts'
import type { Target } from './raw-client.ts'
import type { Ending } from './requests.ts'
import type { Sends, Watch } from './sdk-client.ts'

const LONG_MS = 30_000
const TRIES = 3
/** Share of the JSON bodies that come in chunks of one byte. */
const TRICKLE_SHARE = 0.3

/** The endings of an order, and when its client gave up before. */
export interface PlainEnding {
  readonly endings: readonly Ending[]
  readonly gaveUpAt: readonly number[]
}

/**
 * A client that sends no mark of a retry, as curl, wget and old SDKs: it gives up when no byte has come for a while, and
 * sends the same again, also after every 5xx.
 */
export async function plainClient(target: Target, order: Order, sends: Sends, watch: Watch): Promise<PlainEnding> {
  const gaveUpAt: number[] = []
  let ending: Ending = { pictures: undefined, why: TIMED_OUT, status: 0 }
  for (let tries = 1; tries <= TRIES; tries++) {
    const patienceMs = tries === TRIES ? LONG_MS : between(rollOf(order, tries, 'patience'), 200, 1200)
    await sends()
    watch(`plain client sends, try ${tries}`)
    const answer = await send(target, order, patienceMs)
    watch(`plain client, try ${tries}: ${typeof answer === 'string' ? answer : answer.status}`)
    if (answer === TIMED_OUT) gaveUpAt.push(performance.now())
    ending = endingOf(answer)
    if (ending.pictures !== undefined || (ending.status > 0 && ending.status < 429)) break
    await sleep(between(rollOf(order, tries, 'pause'), 200, 700))
  }
  return { endings: [ending], gaveUpAt }
}

/** Sends one request on a connection of its own. Resolves with a word instead of an answer when there is none. */
function send({ url, apiKey, onAnswer }: Target, order: Order, patienceMs: number): Promise<Answer | string> {
  const { path, contentType, body } = requestOf(order.subject, 'plain')
  const request = httpRequest(url + path, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': contentType },
  })
  const isTrickled = order.subject.kind.upload === undefined && rollOf(order, 'trickle') < TRICKLE_SHARE
  request.setNoDelay(true)
  for (const byte of isTrickled ? body : []) request.write(Uint8Array.of(byte))
  request.end(isTrickled ? undefined : body)
  return new Promise((resolve) => {
    const giveUp = (): void => {
      resolve(TIMED_OUT)
      request.destroy()
    }
    // Bytes that have come by now are read before a client looks at the time.
    const timer = setTimeout(() => setImmediate(() => request.destroyed || isAnswered || giveUp()), patienceMs)
    let isAnswered = false
    request.on('close', () => clearTimeout(timer))
    request.on('error', () => resolve('cut'))
    request.on('response', (response) => {
      isAnswered = true
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve('cut'))
      response.on('close', () => {
        const answer = { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
        onAnswer(answer)
        resolve(response.complete ? answer : 'cut')
      })
    })
  })
}

import { Agent, request as httpRequest } from 'node:http'
import { between, pick } from './chance.ts'
import { endingOf } from './endings.ts'
import { rollOf } from './plan.ts'
import { CUT, LEFT, requestOf, TIMED_OUT } from './requests.ts'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Answer } from './endings.ts'
import type { Order } from './plan.ts'
import type { Sends, Watch } from './sdk-client.ts'
import type { Ending } from './requests.ts'

/** The moments at which a connection can be lost. */
const MOMENTS = [
  { name: 'in the middle of the upload', share: 10 },
  { name: 'a while after sending', share: 45 },
  { name: 'at the status', share: 15 },
  { name: 'in the body', share: 20 },
  { name: 'after the last byte', share: 10 },
] as const
type Moment = (typeof MOMENTS)[number]['name'] | 'never'

const LONG_MS = 30_000
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The gateway and the key for it. */
export interface Target {
  readonly url: string
  readonly apiKey: string
  /** Given what a client was told, whole or not. */
  readonly onAnswer: (answer: Answer) => void
}

/** A client without an SDK: it loses its connection, and may come back with an SDK's retry count. */
export async function rawClient(target: Target, order: Order, sends: Sends, watch: Watch): Promise<Ending[]> {
  const losses = order.manner === 'vanishes' ? 1 : between(rollOf(order, 'losses'), 1, 2)
  let ending: Ending = { pictures: undefined, why: LEFT, status: 0 }
  for (let retry = 0; retry < 3; retry++) {
    const moment: Moment =
      retry < losses ? pick(rollOf(order, retry, 'moment'), MOMENTS, ({ share }) => share).name : 'never'
    await sends()
    watch(`sends, retry ${retry}, is lost: ${moment}`)
    const answer = await send(target, order, { retry, moment, watch })
    if (typeof answer === 'string') watch(`retry ${retry}: ${answer}`)
    ending = endingOf(answer)
    if (order.manner === 'vanishes') return [{ ...ending, pictures: undefined }]
    if (typeof answer !== 'string' && !mayRetry(answer)) break
    await pause(between(rollOf(order, retry, 'absence'), 10, 700) + waitOf(answer))
  }
  return [ending]
}

/** The SDKs' own rule for retries. */
function mayRetry({ status, headers }: Answer): boolean {
  return headers['x-should-retry'] !== 'false' && (status === 409 || status === 429 || status >= 500)
}

function waitOf(answer: Answer | string): number {
  return typeof answer === 'string' ? 0 : Math.min(3, Number(answer.headers['retry-after'] ?? 0)) * 1000
}

interface Try {
  readonly retry: number
  readonly moment: Moment
  readonly watch: Watch
}

/** Sends one request. Resolves with a word instead of an answer when the connection was lost. */
function send(
  { url, apiKey, onAnswer }: Target,
  order: Order,
  { retry, moment, watch }: Try,
): Promise<Answer | string> {
  const { path, contentType, body } = requestOf(order.subject, `attempt-${retry}`)
  const agent = new Agent({ keepAlive: true })
  const request = httpRequest(url + path, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': contentType,
      'content-length': body.length,
      'x-stainless-retry-count': String(retry),
    },
  })
  const isRude = rollOf(order, retry, 'rude') < 0.5
  const leave = (): void => {
    if (isRude) request.socket?.resetAndDestroy()
    else request.destroy()
  }
  const loses = (at: Moment): boolean => moment === at
  if (loses('in the middle of the upload')) {
    request.write(body.subarray(0, body.length / 2))
    setTimeout(leave, 20)
  } else request.end(body)
  if (loses('a while after sending')) setTimeout(leave, between(rollOf(order, retry, 'while'), 5, 1500))
  request.on('response', ({ statusCode, headers }) => {
    watch(`retry ${retry}: status ${statusCode}${headers['x-gateway-adopted'] === undefined ? '' : ', adopted'}`)
  })
  return follow(request, loses, leave)
    .then((answer) => {
      if (typeof answer !== 'string') onAnswer(answer)
      return answer
    })
    .finally(() => agent.destroy())
}

function follow(request: ClientRequest, loses: (at: Moment) => boolean, goAway: () => void): Promise<Answer | string> {
  let hasLeft = false
  const leave = (): void => {
    hasLeft = true
    goAway()
  }
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(TIMED_OUT)
      leave()
    }, LONG_MS)
    request.on('close', () => clearTimeout(timer))
    request.on('error', () => resolve(hasLeft ? LEFT : CUT))
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      if (loses('at the status')) leave()
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        if (loses('in the body')) leave()
      })
      response.on('error', () => resolve(CUT))
      response.on('close', () => {
        const { statusCode: status = 0, headers, complete } = response
        if (hasLeft || !complete) return resolve(hasLeft ? LEFT : CUT)
        if (!loses('after the last byte')) return resolve({ status, headers, body: Buffer.concat(chunks) })
        request.socket?.destroy()
        resolve(LEFT)
      })
    })
  })
}

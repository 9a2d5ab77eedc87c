import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import { between } from './chance.ts'
import { rollOf } from './plan.ts'
import { ask, CUT, LEFT, TIMED_OUT } from './requests.ts'
import type { Leaks } from './leaks.ts'
import type { Order } from './plan.ts'
import type { AskOptions, Ending } from './requests.ts'

const LONG_MS = 30_000

/** Called for every request that leaves a client, retries included, and again with its result. */
export type Watch = (text: string) => void

/** Called before each request: counts it, and resolves when it may be sent. */
export type Sends = () => Promise<void>

interface SdkTarget {
  readonly url: string
  readonly apiKey: string
  readonly leaks: Leaks
}

/** The SDK with its default of two retries. */
export function sdkFor({ url, apiKey, leaks }: SdkTarget, sends: Sends, watch: Watch): OpenAI {
  const fetchWatched: typeof fetch = async (input, init) => {
    const count = new Headers(init?.headers).get('x-stainless-retry-count')
    if (count === null) return fetch(input, init) // the SDK probes the abilities of this fetch
    await sends()
    watch(`SDK sends, retry ${count}`)
    try {
      const response = await fetch(input, init)
      const said = response.ok ? '' : await response.clone().text()
      leaks.look('an answer', JSON.stringify([...response.headers]) + said)
      const adopted = response.headers.has('x-gateway-adopted') ? ', adopted' : ''
      watch(`SDK retry ${count}: status ${response.status}${adopted}`)
      return response
    } catch (error) {
      watch(`SDK retry ${count}: ${error instanceof Error ? error.name : 'lost'}`)
      throw error
    }
  }
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 2, fetch: fetchWatched })
}

/** Orders once through the SDK, which retries by itself. */
async function once(client: OpenAI, order: Order, options: AskOptions): Promise<Ending> {
  try {
    return { pictures: await ask(client, order.subject, options), why: '', status: 200 }
  } catch (error) {
    return { pictures: undefined, ...reasonOf(error) }
  }
}

function reasonOf(error: unknown): { why: string; status: number } {
  if (error instanceof APIUserAbortError) return { why: LEFT, status: 0 }
  if (error instanceof APIConnectionTimeoutError) return { why: TIMED_OUT, status: 0 }
  if (error instanceof APIConnectionError) return { why: CUT, status: 0 }
  if (error instanceof APIError) return { why: String(error.code), status: Number(error.status ?? 0) }
  if (error instanceof TypeError && /terminated|fetch failed/.test(error.message)) return { why: CUT, status: 200 }
  if (error instanceof Error && error.name === 'AbortError') return { why: LEFT, status: 0 }
  return { why: `strange: ${String(error)}`, status: 0 }
}

/** A client that uses the SDK. A keyed order has two endings, since it sends two requests. */
export async function sdkClient(client: OpenAI, order: Order): Promise<Ending[]> {
  const hastyMs = between(rollOf(order, 'timeout'), 500, 1200)
  if (order.manner === 'keyed') return twoWithOneKey(client, order, hastyMs)
  if (order.manner === 'hasty') return [await once(client, order, { timeout: hastyMs })]
  if (order.manner !== 'aborts') return [await once(client, order, { timeout: LONG_MS })]
  const abort = new AbortController()
  setTimeout(() => abort.abort(), between(rollOf(order, 'abort'), 1, 900))
  return [await once(client, order, { timeout: LONG_MS, signal: abort.signal })]
}

function twoWithOneKey(client: OpenAI, order: Order, hastyMs: number): Promise<Ending[]> {
  const idempotencyKey = `order-${order.subject.id}`
  const second = async (): Promise<Ending> => {
    await new Promise((resolve) => setTimeout(resolve, between(rollOf(order, 'twin'), 0, 700)))
    return once(client, order, { timeout: LONG_MS, idempotencyKey })
  }
  return Promise.all([once(client, order, { timeout: hastyMs * 2, idempotencyKey }), second()])
}

/** After an honest 409: the same again, as a new order. */
export function orderAgain(client: OpenAI, order: Order): Promise<Ending> {
  return once(client, order, { timeout: LONG_MS })
}

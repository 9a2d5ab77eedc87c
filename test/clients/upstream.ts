import { startSandbox } from '../../sandbox/sandbox.ts'
import { UPSTREAM_KEY } from '../helpers/gateways/gateway-client.ts'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import type { ReceivedRequest, Script } from '../helpers/upstream.ts'

/** The sandbox behind a counter, and failures for prompts that ask for one. */
export interface CountingUpstream {
  readonly url: string
  /** Orders whose prompt has these words: each may have been a purchase. */
  readonly orders: (words: string) => number
  /** Lets the answers go out that `please wait` holds back. */
  readonly release: () => void
  readonly close: () => Promise<void>
}

const failed = {
  error: { message: 'do request failed', type: 'comet_api_error', code: 'do_request_failed', param: '' },
}
const busy = { error: { message: 'Too many requests', type: 'comet_api_error', code: 'rate_limit', param: '' } }

export async function countingUpstream(): Promise<CountingUpstream> {
  const sandbox = await startSandbox({ apiKey: UPSTREAM_KEY, latencyMs: 0, failureRate: 0 })
  const waiting = new Set<() => void>()
  const orders = (words: string): number => upstream.received.filter(({ body }) => body.includes(words)).length
  const serve: Script = async (response, request) => {
    const answer = await askSandbox(sandbox.url, request)
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(Buffer.from(await answer.arrayBuffer()))
  }
  const behaviours: Readonly<Record<string, Script>> = {
    'please fail': answerJson(failed, 500),
    'please be busy': async (response, request) => {
      const first = upstream.received.filter(({ body }) => body.equals(request.body)).length === 1
      return (first ? answerJson(busy, 429, { 'retry-after': '1' }) : serve)(response, request)
    },
    'please wait': async (response, request) => {
      await new Promise<void>((resolve) => waiting.add(resolve))
      return serve(response, request)
    },
  }
  const upstream = await scriptedUpstream((response, request) => {
    const [, behaviour] = Object.entries(behaviours).find(([words]) => request.body.includes(words)) ?? []
    return (behaviour ?? serve)(response, request)
  })
  return {
    url: upstream.url,
    orders,
    release: () => {
      for (const resume of waiting) resume()
      waiting.clear()
    },
    close: async () => {
      await upstream.close()
      await sandbox.close()
    },
  }
}

async function askSandbox(url: string, { method, url: path, headers, body }: ReceivedRequest): Promise<Response> {
  const sent = { authorization: headers.authorization ?? '', 'content-type': headers['content-type'] ?? '' }
  return fetch(url + path, { method, headers: sent, ...(method === 'POST' ? { body: new Uint8Array(body) } : {}) })
}

import { isReadableEventStream } from './judge-answer.ts'
import type { AnswerHeaders } from '../../upstream/upstream.ts'

/**
 * What of the upstream's response headers goes to the client, and what it may look like. An allow-list: anything else
 * may name channels, set cookies, repeat the key or speak for the gateway. No request header of the client goes
 * upstream at all (upstream/upstream.ts).
 */
const RESPONSE_HEADERS: ReadonlyMap<string, RegExp> = new Map([
  ['content-type', /^[a-z]+\/[a-z0-9.+-]{1,32}(?: *; *charset=[\w-]{1,16})?$/i],
  ['content-encoding', /^[a-z, ]{1,32}$/i],
  ['openai-processing-ms', /^\d{1,9}$/],
  ['openai-version', /^\d{4}-\d{2}-\d{2}$/],
])

/** The client's headers for an answer that is relayed. */
export function responseHeaders(upstream: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const [name, shape] of RESPONSE_HEADERS) {
    const value = upstream[name]
    if (typeof value === 'string' && shape.test(value)) headers[name] = value
  }
  return headers
}

/** The length that the upstream names, where exactly its bytes go on to the client; undefined: the client gets chunks. */
export function relayedLength(upstream: AnswerHeaders): string | undefined {
  const length = upstream['content-length']
  const isKnown = typeof length === 'string' && /^\d{1,15}$/.test(length)
  return isKnown && !isReadableEventStream(upstream) ? length : undefined
}

/** The upstream's own id of the request, for the log; only a plain one, since it comes from outside. */
export function upstreamRequestId(upstream: AnswerHeaders): string | undefined {
  const value = upstream['x-request-id'] ?? upstream['x-oneapi-request-id']
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined
}

import type { AnswerHeaders } from '../upstream/upstream.ts'

/**
 * What of the upstream's response headers goes to the client. An allow-list: anything else may name channels, set
 * cookies or speak for the gateway. No request header of the client goes upstream at all (upstream/upstream.ts).
 */
const RESPONSE_HEADERS = ['content-type', 'content-encoding', 'openai-processing-ms', 'openai-version'] as const

/** The client's headers for an answer that is relayed. */
export function responseHeaders(upstream: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const name of RESPONSE_HEADERS) {
    const value = upstream[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

/** The upstream's own id of the request, for the log; only a plain one, since it comes from outside. */
export function upstreamRequestId(upstream: AnswerHeaders): string | undefined {
  const value = upstream['x-request-id'] ?? upstream['x-oneapi-request-id']
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value) ? value : undefined
}

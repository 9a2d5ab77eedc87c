import { isReadableEventStream } from './judge-answer.ts'
import type { AnswerHeaders } from '../../upstream/answer-headers.ts'

/** Headers of the upstream that go on to the client. No header of the client goes upstream at all (upstream/upstream.ts). */
const RELAYED = ['content-type', 'content-encoding', 'openai-processing-ms', 'openai-version'] as const

/** The client's headers for an answer that is relayed. */
export function responseHeaders(upstream: AnswerHeaders): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  for (const name of RELAYED) {
    const value = upstream[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/** The headers of events that go on as one JSON answer, whose length is another. */
export function asJsonHeaders(upstream: AnswerHeaders): AnswerHeaders {
  return { ...withoutLength(upstream), 'content-type': 'application/json' }
}

/** The headers of an answer that goes on with another length. */
export function withoutLength(upstream: AnswerHeaders): AnswerHeaders {
  const { 'content-length': _length, ...others } = upstream
  return others
}

/** The length that the upstream names, where exactly its bytes go on to the client; undefined: the client gets chunks. */
export function relayedLength(upstream: AnswerHeaders): string | undefined {
  return isReadableEventStream(upstream) ? undefined : upstream['content-length']
}

/** The upstream's own id of the request, for log and ledger. */
export function upstreamRequestId(upstream: AnswerHeaders): string | undefined {
  return upstream['x-request-id'] ?? upstream['x-oneapi-request-id']
}

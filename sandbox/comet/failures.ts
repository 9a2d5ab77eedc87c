/** A way in which a valid request can fail before its answer: with another answer, or with none. */
export type Failure =
  | { name: string; does: 'answer'; status: number; contentType: string; body: (requestId: string) => string }
  | { name: string; does: 'reset' | 'cut' }

/** A way in which a stream can fail where its first finished picture should come: it says something, and is over. */
export interface StreamFailure {
  name: string
  does: 'break stream'
  says: ((requestId: string) => string) | 'half the event'
  ends: 'orderly' | 'torn'
}

const JSON_TYPE = 'application/json; charset=utf-8'
const HTML_TYPE = 'text/html; charset=utf-8'

function fromComet(name: string, status: number, error: { message: string; type: string; code: string }): Failure {
  const body = (requestId: string): string => {
    const { message, type, code } = error
    return JSON.stringify({ error: { message: `${message} (request id: ${requestId})`, type, param: '', code } })
  }
  return { name, does: 'answer', status, contentType: JSON_TYPE, body }
}

/** A page from a proxy in front of CometAPI, which knows nothing of JSON or request ids. */
function fromProxy(name: string, status: number, title: string, server: string): Failure {
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`
  return { name, does: 'answer', status, contentType: HTML_TYPE, body: () => page }
}

/** The failures of an answer that is not streamed, each equally likely (facts 1.7, 1.8). */
export const FAILURES: readonly Failure[] = [
  fromComet('do_request_failed', 500, {
    message: 'do request failed',
    type: 'comet_api_error',
    code: 'do_request_failed',
  }),
  fromProxy('bad gateway page', 502, '502 Bad Gateway', 'nginx'),
  fromProxy('gateway timeout page', 504, '504 Gateway Time-out', 'nginx'),
  fromProxy('cloudflare timeout page', 524, 'api.cometapi.com | 524: A timeout occurred', 'cloudflare'),
  fromComet('overloaded', 503, { message: '当前分组上游负载已饱和，请稍后再试', type: 'comet_api_error', code: '' }),
  fromComet('rate limited', 429, {
    message: 'Rate limit reached for images per minute. Please try again later.',
    type: 'requests',
    code: 'rate_limit_exceeded',
  }),
  fromComet('error with status 200', 200, {
    message: 'The model is currently busy, please try again later',
    type: 'bad_response_status_code',
    code: 'bad_response_status_code',
  }),
  { name: 'connection reset', does: 'reset' },
  { name: 'answer cut off', does: 'cut' },
]

/** The recorded one has no event name and no `param` (facts 3.3). */
const BLOCKED = JSON.stringify({
  error: {
    code: 'moderation_blocked',
    message: 'Your request was rejected by the safety system. safety_violations=[sandbox].',
    type: 'image_generation_user_error',
  },
})

function serverError(requestId: string): string {
  const message = `The server had an error while processing your request. (request id: ${requestId})`
  const error = { message, type: 'server_error', param: null, code: 'server_error' }
  return `event: error\ndata: ${JSON.stringify({ error })}\n\n`
}

/** How streams fail in the middle (facts 3.3); the last two were seen from other services. */
const IN_MID_STREAM: readonly StreamFailure[] = [
  { name: 'moderation in mid-stream', does: 'break stream', says: () => `data: ${BLOCKED}\n\n`, ends: 'orderly' },
  { name: 'server error in mid-stream', does: 'break stream', says: serverError, ends: 'orderly' },
  { name: 'event cut off', does: 'break stream', says: 'half the event', ends: 'torn' },
  { name: 'stream ends early', does: 'break stream', says: () => '', ends: 'orderly' },
]

/** The failures of a stream: it can fail before it begins, like any answer, and in the middle. */
export const STREAM_FAILURES: readonly (Failure | StreamFailure)[] = [
  ...FAILURES.filter(({ does }) => does !== 'cut'),
  ...IN_MID_STREAM,
]

/** Whether a request fails, and in which of the `kinds`. Asks `random` once, and a second time for the kind. */
export function rollFailure<T>(kinds: readonly T[], failureRate: number, random: () => number): T | undefined {
  if (random() >= failureRate) return undefined
  return kinds[Math.min(kinds.length - 1, Math.floor(random() * kinds.length))]
}

/** A way in which a valid request can fail: with an answer, or with none. */
export type Failure =
  | { name: string; does: 'answer'; status: number; contentType: string; body: (requestId: string) => string }
  | { name: string; does: 'reset' | 'cut' }

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

/** What the sandbox draws its failures from, each equally likely (facts 1.7, 1.8). */
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

/** Whether this request fails, and how. Asks `random` once, and a second time for the kind of failure. */
export function rollFailure(failureRate: number, random: () => number): Failure | undefined {
  if (random() >= failureRate) return undefined
  return FAILURES[Math.min(FAILURES.length - 1, Math.floor(random() * FAILURES.length))]
}

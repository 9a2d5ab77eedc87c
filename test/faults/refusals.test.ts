import { JSON_TYPE, says } from './faulty-upstream.ts'
import { table } from './table.ts'
import type { Fault } from './table.ts'

/** CometAPI's envelope (facts 1.8). */
const error = (code: string, message = 'no (request id: 2026)'): string =>
  JSON.stringify({ error: { message, type: 'comet_api_error', param: '', code } })
const PAGE = '<html><body>502 Bad Gateway</body></html>'
const HTML = { 'content-type': 'text/html' }

const refused = {
  kind: 'failed',
  status: 429,
  codes: ['rate_limit_exceeded'],
  retry: 'sdk',
  isAmbiguous: false,
} as const
const failed = { kind: 'failed', status: 502, codes: ['upstream_failed'], retry: 'never', isAmbiguous: true } as const
const timedOut = { ...failed, status: 504, codes: ['upstream_timeout'] } as const
const once = { UPSTREAM_RETRIES: '1' }

const FAULTS: readonly Fault[] = [
  {
    name: 'refuses with 429',
    buys: false,
    act: says(429, error('rate_limit_exceeded')),
    environment: once,
    outcome: { ...refused, sends: 2 },
  },
  {
    name: 'refuses with 429 and a retry-after longer than the gateway waits',
    buys: false,
    act: says(429, error('rate_limit_exceeded'), { ...JSON_TYPE, 'retry-after': '30' }),
    environment: { UPSTREAM_TIMEOUT_MS: '60000' },
    outcome: { ...refused, sends: 1 },
  },
  {
    name: 'refuses with 429 and a retry-after longer than the request has',
    buys: false,
    act: says(429, error('rate_limit_exceeded'), { ...JSON_TYPE, 'retry-after': '10' }),
    environment: { UPSTREAM_TIMEOUT_MS: '3000' },
    outcome: { ...refused, sends: 1 },
  },
  {
    name: 'has no quota left, with 429',
    buys: false,
    act: says(429, error('insufficient_user_quota')),
    outcome: { ...refused, status: 502, codes: ['upstream_quota_exhausted'], retry: 'never' },
  },
  {
    name: 'is overloaded (503)',
    buys: false,
    act: says(503, error('server_is_overloaded')),
    environment: once,
    outcome: { ...refused, status: 503, codes: ['upstream_overloaded'], sends: 2 },
  },
  {
    name: 'does not have the model (503 model_not_found)',
    buys: false,
    act: says(503, error('model_not_found')),
    outcome: { ...refused, status: 404, codes: ['model_not_found'], retry: 'never' },
  },
  {
    name: 'blocks the prompt (400)',
    buys: false,
    act: says(400, error('moderation_blocked')),
    outcome: { ...refused, status: 400, codes: ['moderation_blocked'], retry: 'never' },
  },
  { name: 'fails with 500', buys: false, act: says(500, error('do_request_failed')), outcome: failed },
  {
    name: 'makes the image and fails with 500',
    buys: true,
    act: says(500, error(''), JSON_TYPE, true),
    outcome: failed,
  },
  { name: 'shows a 502 page', buys: false, act: says(502, PAGE, HTML), outcome: failed },
  { name: 'shows a 503 page', buys: true, act: says(503, PAGE, HTML, true), outcome: failed },
  { name: 'gives up waiting with 504', buys: true, act: says(504, error(''), JSON_TYPE, true), outcome: timedOut },
  { name: 'gives up waiting with a 524 page', buys: true, act: says(524, PAGE, HTML, true), outcome: timedOut },
]

table('An upstream', FAULTS)

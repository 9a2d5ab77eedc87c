import { ADMIN, ANONYMOUS } from '../../access/keys/keyring.ts'
import { ALL_MODELS } from '../../access/keys/model-patterns.ts'
import { NO_DEFAULTS } from '../../access/keys/parameter-defaults.ts'
import { meAnswer } from './admin/answers.ts'
import { accountJson } from './admin/json.ts'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { Caller } from '../../access/keys/keyring.ts'
import type { VirtualKey } from '../../access/keys/virtual-key.ts'
import type { LedgerWriter } from '../../accounting/ledger-writer.ts'
import type { CallerLimits } from '../../access/limits/caller-limits.ts'
import type { LimitState } from '../../access/limits/rate-limit.ts'
import type { RouteDescription } from './described-route.ts'

export interface MeOptions {
  /** Undefined where the gateway runs without a database. */
  readonly ledger: Pick<LedgerWriter, 'accountOf'> | undefined
  readonly limits: Pick<CallerLimits, 'stateOf'>
  /** RATE_LIMIT_RPM, the limit of callers without a virtual key; 0 is no limit. */
  readonly requestsPerMinute: number
  readonly now?: () => number
}

type Me = z.output<typeof meAnswer>

export const ME_ROUTE = {
  method: 'GET',
  path: '/gateway/me',
  operationId: 'me',
  summary: "The caller's own limits, what was spent, what is left, and when it resets.",
  for: 'callers',
  status: 200,
  answer: meAnswer,
} as const satisfies RouteDescription

/** `/gateway/me`: everything that a key's holder may know of it. */
export function meRoute(app: FastifyInstance, options: MeOptions): void {
  const { ledger, limits, requestsPerMinute, now = Date.now } = options
  app.get(ME_ROUTE.path, { config: { endpoint: 'gateway.me' } }, async (request, reply): Promise<Me> => {
    reply.header('cache-control', 'no-store')
    const { caller = ANONYMOUS } = request.exchange
    const { key } = caller
    if (key === undefined) return withoutKey(caller, requestsPerMinute)
    const account = await ledger?.accountOf(key.id, now())
    const { requests, images } = limits.stateOf(caller)
    const rateLimits = { requests: windowJson(requests), images: windowJson(images) }
    return { object: 'me', kind: 'virtual_key', ...accountJson(key, account, now()), rate_limits: rateLimits }
  })
}

/** A caller of GATEWAY_KEYS, the administrator, or anyone on this machine: without a budget and an account. */
function withoutKey(caller: Caller, requestsPerMinute: number): Me {
  const limit = requestsPerMinute === 0 ? undefined : requestsPerMinute
  const key: VirtualKey = { ...NO_LIMITS, name: caller.name, requestsPerMinute: limit }
  const kind = caller === ADMIN ? 'admin' : caller === ANONYMOUS ? 'anonymous' : 'gateway_key'
  return { object: 'me', kind, ...accountJson(key, undefined, 0), rate_limits: { requests: null, images: null } }
}

const NO_LIMITS = {
  id: 0,
  note: '',
  models: ALL_MODELS,
  defaults: NO_DEFAULTS,
  imagesPerMinute: undefined,
  maxInFlight: undefined,
  maxCostMicros: undefined,
  budget: undefined,
  expiresAt: undefined,
  isDisabled: false,
  revokedAt: undefined,
  createdAt: 0,
  updatedAt: 0,
}

function windowJson(state: LimitState | undefined): Me['rate_limits']['requests'] {
  if (state === undefined) return null
  const { max: limit, remaining, ttl } = state
  return { limit, remaining, resets_in_seconds: Math.round(ttl) / 1000 }
}

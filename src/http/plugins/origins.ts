import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Origins } from '../../access/origins.ts'

/** Headers that the OpenAI SDK sends from a browser, and the gateway's own. */
const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'openai-beta',
  'openai-organization',
  'openai-project',
  'user-agent', // Firefox sends the one that a page sets
  'x-gateway-adopt',
  'x-gateway-parameter-policy',
  'x-stainless-arch',
  'x-stainless-custom-poll-interval',
  'x-stainless-helper-method',
  'x-stainless-lang',
  'x-stainless-os',
  'x-stainless-package-version',
  'x-stainless-poll-helper',
  'x-stainless-retry-count',
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-stainless-timeout',
]

/** Headers of answers that a page may read. */
const EXPOSED_HEADERS = [
  'location',
  'retry-after',
  'retry-after-ms',
  'x-gateway-adopted',
  'x-gateway-budget-remaining-usd',
  'x-gateway-converted',
  'x-gateway-cost-usd',
  'x-gateway-defaulted-parameters',
  'x-gateway-dropped-parameters',
  'x-gateway-retyped-images',
  'x-gateway-generation',
  'x-gateway-upstream-code',
  'x-gateway-upstream-status',
  'x-ratelimit-limit-images',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-images',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-images',
  'x-ratelimit-reset-requests',
  'x-request-id',
  'x-should-retry',
]

/** Two hours, the longest that Chromium keeps a preflight. */
const MAX_AGE_S = 7200

/** Options of @fastify/cors: pages of listed origins may call and read, without cookies; for others nothing changes. */
export function corsOptions(origins: Origins): FastifyCorsOptions {
  return {
    origin: (origin, answer) => answer(null, origins.isListed(origin)),
    methods: ['GET', 'HEAD', 'POST', 'PATCH'],
    allowedHeaders: ALLOWED_HEADERS,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: MAX_AGE_S,
    strictPreflight: false,
  }
}

/** The CORS headers of an error that is answered before any hook runs; none for an origin that is not listed. */
export function corsHeaders(origins: Origins, origin: string | undefined): Readonly<Record<string, string>> {
  if (origin === undefined || !origins.isListed(origin)) return {}
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  }
}

/** An onRequest hook for every route that buys, changes or shows something: nothing has been read or looked up yet. */
export function refusingForeignPages(origins: Origins) {
  return function refuseForeignPage({ headers }: FastifyRequest, _: FastifyReply, next: (error?: Error) => void): void {
    next(origins.refusalOf(headers))
  }
}

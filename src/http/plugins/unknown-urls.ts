import fp from 'fastify-plugin'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/**
 * Refuses a URL that no route has, or has for other methods only. In a hook, not in the not-found handler: that one runs
 * after the body was parsed, and would answer 415 for a wrong URL. Register it before the routes.
 */
export const unknownUrls = fp(
  function unknownUrls(app: FastifyInstance, _options: object, done: () => void): void {
    const routes: { readonly method: string; readonly pattern: RegExp }[] = []
    app.addHook('onRoute', function rememberRoute({ method, url }): void {
      const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}/?$`)
      for (const one of [method].flat()) routes.push({ method: one, pattern })
    })
    app.addHook(
      'onRequest',
      function refuseUnknownUrl(request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void): void {
        // The route * is @fastify/cors' own, for preflights; it has answered those that it takes.
        if (!request.is404 && request.routeOptions.url !== '*') return next()
        const path = request.url.split('?', 1)[0] ?? ''
        const methods = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
        if (methods.length > 0) reply.header('allow', methods.join(', '))
        next(unknownUrl(request.method, path, methods))
      },
    )
    done()
  },
  { name: 'unknown-urls' },
)

/** Frequent mistakes in a base URL. */
const HINTS: readonly (readonly [path: RegExp, hint: string])[] = [
  [/^\/v1\/v1\//, ' The base URL has /v1 twice.'],
  [/\/\//, ' It has two slashes in a row: the base URL ends in /v1, without a slash after it.'],
  [/^\/v1\/images?\/generat/, ' It is /v1/images/generations.'],
  [/^\/v1\/images?\/edit/, ' It is /v1/images/edits.'],
  [/^\/v1\/images?\/variation/, ' It is /v1/images/variations.'],
  [/^\/(?!v1\/)(?:.*\/)?(?:images|models)(?:\/|$)/, ' The base URL ends in /v1, with nothing between it and the port.'],
  [
    /^\/(?:v1(?:\/|$)|chat\/|responses)/,
    ' This gateway serves /v1/images/generations, /v1/images/edits, /v1/images/variations and /v1/models.',
  ],
]

function unknownUrl(method: string, path: string, allowed: readonly string[]): GatewayError {
  const shown = `${method} ${path.slice(0, 200)}`
  if (allowed.length > 0)
    return new GatewayError('method_not_allowed', `${shown} is not allowed; use ${allowed.join(' or ')}.`)
  const hint = HINTS.find(([pattern]) => pattern.test(path))?.[1] ?? ''
  return new GatewayError('not_found', `Invalid URL (${shown}).${hint}`)
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { marksOf } from './adoption/order-identity.ts'
import { announceChanges, announceModel } from './announce-changes.ts'
import { checkAccess } from './check-access.ts'
import { checkCall, defaultsFor, policyOf, resolveModel } from './check-request.ts'
import { lookAhead, readCall } from './read-call.ts'
import { relay } from './relay.ts'
import type { Gateway } from './gateway.ts'
import type { Endpoint } from './requests/endpoint.ts'

/**
 * The life of a paid request, one line a phase. The first part is local and free, then comes shared state, then money,
 * then the network: a typo burns neither rate limit nor budget. A phase returns a value or throws a GatewayError; the
 * error handler answers it and the exchange logs it.
 */
export function requestHandler(gateway: Gateway, endpoint: Endpoint) {
  return async function handleRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { exchange } = request // opened by the first hook; the authenticate hook has set its caller: 401, 403
    const policy = policyOf(request.headers, gateway.parameterPolicy) // 400
    exchange.marks = marksOf(request.headers) // 400
    await lookAhead(gateway, endpoint, request) // limits 400, 429, as far as the headers tell
    const call = await readCall(gateway, endpoint, request) // 400, 413, 429, 503
    const model = resolveModel(gateway, endpoint, call) // 404 model_not_found
    exchange.model = model.label
    announceModel(model, call, exchange)
    checkAccess(exchange.caller, model, call) // 403 model_not_allowed, 400
    const defaults = defaultsFor(exchange.caller, gateway)
    const order = checkCall(gateway, call, model, { endpoint, policy, defaults }) // 400, `param` names the offender
    announceChanges(order, exchange, gateway)
    const generation = await gateway.generations.obtain(order, exchange) // adopt: 409, 422; limits 429, hold 429, send
    if (generation === undefined) return reply.hijack() // the client has left: nothing was bought
    return relay(reply, generation, exchange, gateway.streamKeepAliveMs) // 502, 503, 504
  }
}

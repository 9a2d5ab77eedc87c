import type { FastifyReply, FastifyRequest } from 'fastify'
import { checkCall, policyOf, resolveModel } from './check-request.ts'
import { marksOf, OrderIdentity } from './adoption/order-identity.ts'
import { readCall } from './read-call.ts'
import { checkAccess } from './check-access.ts'
import { holdCost } from './hold-cost.ts'
import { relay } from './relay.ts'
import { relayEvents } from './relay-events.ts'
import { imagesAsked } from '../models/prices/cost.ts'
import type { CheckedCall } from './check-request.ts'
import type { Generation } from './generation/generation.ts'
import type { Hold } from '../accounting/ledger.ts'
import type { Order } from './generations.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { ResolvedModel } from '../models/catalogue.ts'
import type { Endpoint } from './requests/endpoint.ts'

/** Parameters that the header names at most; clients accept 16 KiB of headers. */
const MAX_NAMED = 50

/**
 * The life of a paid request, one line a phase. What is local and free comes first, then shared state, then the
 * network: a typo burns neither rate limit nor money. A phase returns a value or throws a GatewayError; the error
 * handler answers it and the exchange logs it.
 */
export function requestHandler(gateway: Gateway, endpoint: Endpoint) {
  return async function handleRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { exchange } = request
    exchange.handledAt = performance.now()
    const policy = policyOf(request.headers, gateway.parameterPolicy) // 400
    const marks = marksOf(request.headers) // 400
    const call = await readCall(gateway, endpoint, request) // 400, 413, 503
    exchange.hold(call)
    const model = resolveModel(gateway, endpoint, call) // 404
    exchange.model = model.label
    checkAccess(exchange.caller, model, call) // 400, 403
    const checked = checkCall(gateway, endpoint, call, model, policy) // 400
    announceChanges(exchange, gateway, model, checked)
    const identity = new OrderIdentity(exchange.caller?.name ?? '', `${endpoint.path} ${policy}`, call, marks)
    const order = { endpoint, call, model, body: checked.body, parameters: checked.parameters, identity }
    const generation =
      (await gateway.generations.adopt(order, exchange)) ?? // 409, 422; an SDK's retry of a call whose client had left
      (await buy(order, request, gateway)) // 429
    if (generation === undefined) return reply.hijack() // the client has left: nothing was bought
    if (generation.isStream) return relayEvents(reply, generation, exchange, gateway.streamKeepAliveMs) // 502, 503, 504
    return relay(reply, generation, exchange) // 502, 503, 504
  }
}

/** A new order: it counts against the limits, its highest cost is held, and it is sent upstream. */
async function buy(order: Order, request: FastifyRequest, gateway: Gateway): Promise<Generation | undefined> {
  const { exchange } = request
  const counted = gateway.limits.count(exchange.caller, imagesAsked(order.model.entry, order.parameters)) // 400, 429
  Object.assign(exchange.headers, counted.headers)
  let hold: Hold | undefined
  let generation: Generation | undefined
  try {
    hold = await holdCost(order, exchange, gateway) // 400, 403, 429, 503
    if (!request.raw.socket.destroyed) generation = gateway.generations.start(order, exchange, hold) // 422, 429
    return generation
  } catch (error) {
    // What it waited for may have been the same order, with the last of the budget.
    const twin = hold === undefined ? await gateway.generations.adopt(order, exchange) : undefined
    if (twin === undefined) throw error
    return twin
  } finally {
    // What was not bought was not used up.
    if (generation === undefined || exchange.isAdopter) counted.giveBack()
    if (generation === undefined && hold !== undefined) gateway.ledger?.cancel(hold)
  }
}

/** Nothing is silent: what was dropped or defaulted stands in a header, in a metric and in the log line. */
function announceChanges(exchange: Exchange, gateway: Gateway, model: ResolvedModel, checked: CheckedCall): void {
  const { dropped, modelSet } = checked
  if (modelSet) exchange.headers['x-gateway-defaulted-parameters'] = `model=${model.id}`
  if (dropped.length === 0) return
  exchange.droppedParameters = dropped
  exchange.headers['x-gateway-dropped-parameters'] = dropped.slice(0, MAX_NAMED).map(headerSafe).join(', ')
  const known = gateway.models.parameterNames
  gateway.metrics.parametersDropped(
    model.label,
    dropped.map((name) => (known.has(name) ? name : 'other')),
  )
}

/** Parameter names come from the request: percent-encoded and cut, they cannot break out of a header. */
function headerSafe(name: string): string {
  return encodeURIComponent(name.slice(0, 64).toWellFormed())
}

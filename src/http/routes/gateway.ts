import { GatewayError } from '../../errors/gateway-error.ts'
import { checkCall, defaultsFor, policyOf, resolveModel } from '../../gateway/check-request.ts'
import { checkAccess, checkCost } from '../../gateway/check-access.ts'
import { readCall } from '../../gateway/read-call.ts'
import { streamScope } from '../plugins/bodies.ts'
import { VisibleModels } from './visible-models.ts'
import { usdOf } from '../../accounting/money.ts'
import { highestCostMicros } from '../../models/prices/cost.ts'
import { describeModel } from '../../models/describe.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CheckLimit } from '../plugins/check-limit.ts'
import type { Endpoint } from '../../gateway/requests/endpoint.ts'
import type { ErrorBody } from '../../errors/gateway-error.ts'
import type { Gateway } from '../../gateway/gateway.ts'

/** The answer of `/gateway/check` for a request that would go upstream. */
interface ValidCheck {
  readonly valid: true
  readonly model: string
  /** At list prices, every `auto` at its dearest; null where the model has no known price. */
  readonly highest_cost_usd: number | null
  readonly dropped_parameters: readonly string[]
  readonly defaulted_parameters: readonly string[]
  /** The operator's defaults that would be filled in. */
  readonly defaults: Readonly<Record<string, string | number | boolean>>
}

interface InvalidCheck extends ErrorBody {
  readonly valid: false
}

export interface GatewayRoutesOptions {
  readonly gateway: Gateway
  readonly endpoints: readonly Endpoint[]
  readonly checkLimit: CheckLimit
}

/** The gateway's own answers about models and requests; nothing here calls the upstream or costs anything. */
export function gatewayRoutes(app: FastifyInstance, { gateway, endpoints, checkLimit }: GatewayRoutesOptions): void {
  app.get('/gateway/models', { config: { endpoint: 'gateway.models' } }, ({ exchange }) => {
    const visible = new VisibleModels(gateway.models, exchange.caller)
    return { object: 'list', data: visible.entries.map(describeModel), aliases: Object.fromEntries(visible.aliases) }
  })
  for (const endpoint of endpoints) {
    const config = { endpoint: 'gateway.check' }
    streamScope(app, endpoint.body.contentTypes, (scope) =>
      scope.post(checkPath(endpoint), { config }, (request) => check(request, { gateway, endpoint, checkLimit })),
    )
  }
}

/** `/gateway/check` for a generation, `/gateway/check/edits` and `/gateway/check/variations` for the others. */
export function checkPath({ operation }: Endpoint): string {
  return operation === 'images.generations' ? '/gateway/check' : `/gateway/check/${operation.slice('images.'.length)}`
}

interface CheckOptions {
  readonly gateway: Gateway
  readonly endpoint: Endpoint
  readonly checkLimit: CheckLimit
}

/** Says 200 also for an invalid request: the question was answered. */
async function check(
  request: FastifyRequest,
  { gateway, endpoint, checkLimit }: CheckOptions,
): Promise<ValidCheck | InvalidCheck> {
  await checkLimit(request) // before the body is read: 429
  const policy = policyOf(request.headers, gateway.parameterPolicy)
  try {
    const call = await readCall(gateway, endpoint, request)
    const model = resolveModel(gateway, endpoint, call)
    checkAccess(request.exchange.caller, model, call)
    const defaults = defaultsFor(request.exchange.caller, gateway)
    const order = checkCall(gateway, call, model, { endpoint, policy, defaults })
    checkCost(order, request.exchange.caller, gateway)
    const { dropped, filled, isModelSet, parameters } = order
    const micros = highestCostMicros(model.entry, parameters, gateway.priceMultiplier)
    return {
      valid: true,
      model: model.id,
      highest_cost_usd: usdOf(micros) ?? null,
      dropped_parameters: dropped,
      defaulted_parameters: [...(isModelSet ? ['model'] : []), ...filled.keys()],
      defaults: Object.fromEntries(filled),
    }
  } catch (error) {
    if (error instanceof GatewayError) return { valid: false, ...error.toBody() }
    throw error
  }
}

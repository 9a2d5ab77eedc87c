import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Call } from './requests/endpoint.ts'
import type { Order } from './requests/order.ts'
import type { ResolvedModel } from '../models/catalogue.ts'

/** Parameters that the header names at most; clients accept 16 KiB of headers. */
const MAX_NAMED = 50

/** The model that is sent, where it is not the one that was written: said before anything is checked, on errors too. */
export function announceModel({ id }: ResolvedModel, { parameters }: Call, exchange: Exchange): void {
  if (parameters.get('model') !== id) exchange.headers['x-gateway-defaulted-parameters'] = `model=${id}`
}

/** Nothing is silent: what was filled in and what was dropped stand in headers, in metrics and in the log line. */
export function announceChanges(
  { call, model, dropped, filled }: Order,
  exchange: Exchange,
  { models, metrics }: Pick<Gateway, 'models' | 'metrics'>,
): void {
  const { retyped = [] } = call
  if (retyped.length > 0) exchange.headers['x-gateway-retyped-images'] = retyped.join(', ')
  if (filled.size > 0) {
    const { 'x-gateway-defaulted-parameters': before = [] } = exchange.headers
    const all = [before, ...[...filled].map(([name, value]) => `${name}=${value}`)].flat()
    exchange.headers['x-gateway-defaulted-parameters'] = all.join(', ')
    exchange.defaultedParameters = [...filled.keys()]
    metrics.parametersDefaulted(model.label, exchange.defaultedParameters)
  }
  if (dropped.length === 0) return
  exchange.droppedParameters = dropped
  exchange.headers['x-gateway-dropped-parameters'] = dropped.slice(0, MAX_NAMED).map(headerSafe).join(', ')
  const known = models.parameterNames
  metrics.parametersDropped(
    model.label,
    dropped.map((name) => (known.has(name) ? name : 'other')),
  )
}

/** Parameter names come from the request: percent-encoded and cut, they cannot break out of a header. */
function headerSafe(name: string): string {
  return encodeURIComponent(name.slice(0, 64).toWellFormed())
}

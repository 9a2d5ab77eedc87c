import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import type { Order } from './requests/order.ts'

/** Parameters that the header names at most; clients accept 16 KiB of headers. */
const MAX_NAMED = 50

/** Nothing is silent: what was dropped or defaulted stands in a header, in a metric and in the log line. */
export function announceChanges(
  { model, dropped, isModelSet }: Order,
  exchange: Exchange,
  { models, metrics }: Pick<Gateway, 'models' | 'metrics'>,
): void {
  if (isModelSet) exchange.headers['x-gateway-defaulted-parameters'] = `model=${model.id}`
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

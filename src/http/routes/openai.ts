import { GatewayError } from '../../errors/gateway-error.ts'
import { requestHandler } from '../../gateway/handle-request.ts'
import { streamScope } from '../plugins/bodies.ts'
import { VisibleModels } from './visible-models.ts'
import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../../gateway/requests/endpoint.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import type { Model } from '../../models/model.ts'

/** The routes that OpenAI's clients call: the endpoints, and the list of models. */
export function openaiRoutes(app: FastifyInstance, gateway: Gateway, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) {
    const config = { endpoint: endpoint.operation }
    streamScope(app, endpoint.body.contentTypes, (scope) =>
      scope.post(endpoint.path, { config }, requestHandler(gateway, endpoint)),
    )
  }
  app.get('/v1/models', { config: { endpoint: 'models.list' } }, ({ exchange }) => ({
    object: 'list',
    data: modelList(new VisibleModels(gateway.models, exchange.caller)),
  }))
  app.get<{ Params: { id: string } }>(
    '/v1/models/:id',
    { config: { endpoint: 'models.retrieve' } },
    ({ params: { id }, exchange }) => {
      const model = new VisibleModels(gateway.models, exchange.caller).find(id)
      if (model !== undefined) return listed(id, model.entry)
      const message = `The model '${id}' does not exist in this gateway's catalogue.`
      throw new GatewayError('model_not_found', message, { param: 'model' })
    },
  )
}

interface ListedModel {
  readonly id: string
  readonly object: 'model'
  /** OpenAI's shape asks for a time; the catalogue knows none. */
  readonly created: 0
  readonly owned_by: string
}

/** Every name that the caller can use as it is: ids and aliases, no prefixes. */
function modelList(visible: VisibleModels): ListedModel[] {
  const models = visible.entries.filter(({ id }) => !id.endsWith('*')).map((entry) => listed(entry.id, entry))
  return [...models, ...visible.aliases.map(([alias]) => listed(alias, visible.find(alias)?.entry))]
}

function listed(id: string, entry: Model | undefined): ListedModel {
  return { id, object: 'model', created: 0, owned_by: entry?.vendor ?? 'unknown' }
}

import { GatewayError } from '../../errors/gateway-error.ts'
import { requestHandler } from '../../gateway/handle-request.ts'
import { streamScope } from '../plugins/bodies.ts'
import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../../gateway/requests/endpoint.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import type { Catalogue, ResolvedModel } from '../../models/catalogue.ts'

/** The routes that OpenAI's clients call: the endpoints, and the list of models. */
export function openaiRoutes(app: FastifyInstance, gateway: Gateway, endpoints: readonly Endpoint[]): void {
  for (const endpoint of endpoints) {
    const config = { endpoint: endpoint.operation }
    streamScope(app, endpoint.body.contentTypes, (scope) =>
      scope.post(endpoint.path, { config }, requestHandler(gateway, endpoint)),
    )
  }
  const list = modelList(gateway.models)
  app.get('/v1/models', { config: { endpoint: 'models.list' } }, () => ({ object: 'list', data: list }))
  app.get<{ Params: { id: string } }>(
    '/v1/models/:id',
    { config: { endpoint: 'models.retrieve' } },
    ({ params: { id } }) => {
      const model = gateway.models.find(id)
      if (model === undefined)
        throw new GatewayError('model_not_found', `The model '${id}' does not exist in this gateway's catalogue.`, {
          param: 'model',
        })
      return listed(id, model)
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

/** Every name that can be called as it is: ids and aliases, no prefixes. */
function modelList(catalogue: Catalogue): ListedModel[] {
  const ids = catalogue.models.map(({ id }) => id).filter((id) => !id.endsWith('*'))
  return [...ids, ...catalogue.aliases.keys()].map((id) => listed(id, catalogue.find(id)))
}

function listed(id: string, model: ResolvedModel | undefined): ListedModel {
  return { id, object: 'model', created: 0, owned_by: model?.entry.vendor ?? 'unknown' }
}

import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../../../gateway/requests/endpoint.ts'
import type { ImageSources } from './images.ts'

/** `GET /gateway/openapi.json`. The document is made, and its schemas are loaded, when somebody asks for it. */
export function openapiRoute(app: FastifyInstance, sources: ImageSources, endpoints: readonly Endpoint[]): void {
  let document: object | undefined
  app.get('/gateway/openapi.json', { config: { endpoint: 'gateway.openapi' } }, async () => {
    const { openapiDocument } = await import('./openapi.ts')
    return (document ??= openapiDocument(sources, endpoints))
  })
}

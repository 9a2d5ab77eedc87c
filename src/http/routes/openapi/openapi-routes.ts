import { refusingForeignPages } from '../../plugins/origins.ts'
import type { FastifyInstance } from 'fastify'
import type { Origins } from '../../../access/origins.ts'
import type { Endpoint } from '../../../gateway/requests/endpoint.ts'
import type { ImageSources } from './images.ts'
import type { OpenapiDocument } from './schemas.ts'

export interface OpenapiOptions {
  readonly sources: ImageSources
  readonly endpoints: readonly Endpoint[]
  readonly origins: Origins
}

/**
 * `GET /gateway/openapi.json`, and `GET /docs`: the same as a page. Both are made, and their schemas are loaded, when somebody
 * asks for them. They need no key, since nothing in them is secret.
 */
export function openapiRoutes(app: FastifyInstance, { sources, endpoints, origins }: OpenapiOptions): void {
  let document: OpenapiDocument | undefined
  let page: { readonly html: string; readonly policy: string } | undefined
  const made = async (): Promise<OpenapiDocument> => {
    const { openapiDocument } = await import('./openapi.ts')
    return (document ??= openapiDocument(sources, endpoints))
  }
  const onRequest = refusingForeignPages(origins)
  app.get('/gateway/openapi.json', { onRequest, config: { endpoint: 'gateway.openapi' } }, made)
  app.get('/docs', { onRequest, config: { endpoint: 'docs' } }, async (_request, reply) => {
    const { docsPage } = await import('./docs-page.ts')
    page ??= docsPage(await made())
    return reply.header('content-security-policy', page.policy).type('text/html; charset=utf-8').send(page.html)
  })
}

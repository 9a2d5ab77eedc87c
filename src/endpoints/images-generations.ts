import { parseJsonBody, rewriteJsonBody } from './json-body.ts'
import type { Call, Endpoint } from './endpoint.ts'

/** `client.images.generate`: one JSON object. */
export const imagesGenerations: Endpoint = {
  operation: 'images.generations',
  path: '/v1/images/generations',
  events: 'image_generation',
  parse: (body): Call => {
    const parameters = parseJsonBody(body)
    const bytes = body as Buffer // parseJsonBody has refused everything else
    return {
      parameters,
      body: bytes,
      contentType: 'application/json',
      rewrite: (changes) => rewriteJsonBody(bytes, changes),
    }
  },
}

import { createHash } from 'node:crypto'
import { byteOrderMarkOf, parseJsonBody, rewriteJsonBody } from './json-body.ts'
import type { Call, Endpoint } from './endpoint.ts'

/** `client.images.generate`: one JSON object. */
export const imagesGenerations = {
  operation: 'images.generations',
  path: '/v1/images/generations',
  events: 'image_generation',
  body: {
    contentTypes: ['application/json'],
    parse: (body): Call => {
      const mark = Buffer.isBuffer(body) ? byteOrderMarkOf(body) : 0
      const json = mark > 0 ? (body as Buffer).subarray(mark) : body
      const parameters = parseJsonBody(json)
      const bytes = json as Buffer // parseJsonBody has refused everything else
      return {
        ruleSet: 'images.generations',
        parameters,
        isForm: false,
        digest: () => createHash('sha256').update(bytes).digest('base64'),
        body: bytes,
        contentType: 'application/json',
        rewrite: (changes) => rewriteJsonBody(bytes, changes),
        discard: () => {},
      }
    },
  },
} as const satisfies Endpoint

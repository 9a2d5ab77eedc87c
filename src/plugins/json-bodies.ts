import fp from 'fastify-plugin'
import { GatewayError } from '../errors.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Takes `application/json` bodies as the bytes they came in: what is checked is what is forwarded. Everything else
 * (other types, packed bodies, other charsets) is a 415.
 */
export const jsonBodies = fp(
  function jsonBodies(app: FastifyInstance, _options: object, done: () => void): void {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser<Buffer>(
      'application/json',
      { parseAs: 'buffer' },
      function keepBytes(request, body, parsed): void {
        const problem = encodingProblem(request)
        if (problem === undefined) parsed(null, body)
        else parsed(new GatewayError('unsupported_media_type', problem))
      },
    )
    done()
  },
  { name: 'json-bodies' },
)

function encodingProblem({ headers }: FastifyRequest): string | undefined {
  const encoding = headers['content-encoding']?.toLowerCase()
  if (encoding !== undefined && encoding !== 'identity')
    return 'Send the body as it is: content-encoding is not supported.'
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return 'JSON is sent in UTF-8 (RFC 8259, 8.1).'
  return undefined
}

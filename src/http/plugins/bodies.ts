import fp from 'fastify-plugin'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Takes `application/json` bodies as the bytes they came in, so that the checked bytes are the forwarded ones. Every
 * other body (another type, packed, in another charset) is a 415.
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
        else parsed(problem)
      },
    )
    done()
  },
  { name: 'json-bodies' },
)

/**
 * A scope for routes whose bodies are not received before the handler, which reads them as they arrive.
 * @param contentTypes undefined: bodies are received whole, as everywhere else
 */
export function uploadScope(
  app: FastifyInstance,
  contentTypes: readonly string[] | undefined,
  mount: (scope: FastifyInstance) => void,
): void {
  void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
    if (contentTypes !== undefined) takeUploads(scope, contentTypes)
    mount(scope)
    done()
  })
}

function takeUploads(scope: FastifyInstance, contentTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser([...contentTypes], function keepStream(request, payload, parsed): void {
    const problem = encodingProblem(request)
    if (problem === undefined) parsed(null, payload)
    else parsed(problem)
  })
  scope.addContentTypeParser('*', function refuseType(_request, _payload, parsed): void {
    const message = `Send the body as content-type: ${contentTypes.join(' or ')}.`
    parsed(new GatewayError('unsupported_media_type', message))
  })
}

function encodingProblem({ headers }: FastifyRequest): GatewayError | undefined {
  const refused = (message: string): GatewayError => new GatewayError('unsupported_media_type', message)
  const encoding = headers['content-encoding']?.toLowerCase()
  if (encoding !== undefined && encoding !== 'identity')
    return refused('Send the body as it is: content-encoding is not supported.')
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return refused('Text is sent in UTF-8 (RFC 8259, 8.1; RFC 7578, 5.1).')
  return undefined
}

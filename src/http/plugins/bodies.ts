import fp from 'fastify-plugin'
import { GatewayError } from '../../errors/gateway-error.ts'
import { contentLengthOf, receiveWhole } from '../../gateway/requests/whole-body.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

export interface JsonBodiesOptions {
  readonly maxBytes: number
}

/**
 * Takes `application/json` bodies as the bytes they came in, so that the checked bytes are the forwarded ones. Every
 * other body (another type, packed, in another charset) is a 415. Fastify's own `parseAs: 'buffer'` keeps 400 bytes of
 * memory for each chunk, of which a client may make one of every byte.
 */
export const jsonBodies = fp(
  function jsonBodies(app: FastifyInstance, { maxBytes }: JsonBodiesOptions, done: () => void): void {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      async function keepBytes({ headers }: FastifyRequest, payload: Readable): Promise<Buffer> {
        const problem = encodingProblem(headers)
        if (problem !== undefined) throw problem
        return receiveWhole({ payload, contentLength: contentLengthOf(headers) }, maxBytes)
      },
    )
    done()
  },
  { name: 'json-bodies' },
)

/** A scope for routes that read their bodies themselves, as they arrive: there the body is a stream. */
export function streamScope(
  app: FastifyInstance,
  contentTypes: readonly string[],
  mount: (scope: FastifyInstance) => void,
): void {
  void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
    takeStreams(scope, contentTypes)
    mount(scope)
    done()
  })
}

function takeStreams(scope: FastifyInstance, contentTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    [...contentTypes],
    // No promise: the hot path passes here.
    function keepStream({ headers }, payload, parsed): void {
      parsed(encodingProblem(headers) ?? null, payload)
    },
  )
  scope.addContentTypeParser('*', function refuseType(_request, _payload, parsed): void {
    const message = `Send the body as content-type: ${contentTypes.join(' or ')}.`
    parsed(new GatewayError('unsupported_media_type', message))
  })
}

function encodingProblem(headers: IncomingHttpHeaders): GatewayError | undefined {
  const refused = (message: string): GatewayError => new GatewayError('unsupported_media_type', message)
  const encoding = headers['content-encoding']?.toLowerCase()
  if (encoding !== undefined && encoding !== 'identity')
    return refused('Send the body as it is: content-encoding is not supported.')
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    return refused('Text is sent in UTF-8 (RFC 8259, 8.1; RFC 7578, 5.1).')
  return undefined
}

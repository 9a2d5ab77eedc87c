import { Readable } from 'node:stream'
import { GatewayError } from '../errors/gateway-error.ts'
import type { FastifyRequest } from 'fastify'
import type { Call, Endpoint, UploadedBody } from './requests/endpoint.ts'
import type { Gateway } from './gateway.ts'

/**
 * The request as its endpoint understands it. An upload is read here, as it arrives; every other body has arrived.
 * @throws GatewayError 400, 413, 503
 */
export async function readCall(gateway: Gateway, { body }: Endpoint, request: FastifyRequest): Promise<Call> {
  const { exchange } = request
  exchange.handledAt = performance.now()
  if ('parse' in body) return body.parse(request.body)
  const call = await receive(gateway, body, request)
  exchange.handledAt = performance.now() // until here it was the client's time
  exchange.ownsCall(call)
  return call
}

async function receive({ uploads }: Gateway, body: UploadedBody, request: FastifyRequest): Promise<Call> {
  const payload = request.body
  if (!(payload instanceof Readable)) throw new GatewayError('invalid_form', 'The request has no body.')
  const length = Number(request.headers['content-length'])
  return body.receive(
    {
      payload,
      contentType: request.headers['content-type'] ?? '',
      contentLength: Number.isNaN(length) ? undefined : length,
    },
    uploads,
  )
}

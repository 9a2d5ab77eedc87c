import { Readable } from 'node:stream'
import { GatewayError } from '../errors/gateway-error.ts'
import type { FastifyRequest } from 'fastify'
import type { Call, Endpoint } from './requests/endpoint.ts'
import type { Gateway } from './gateway.ts'

/**
 * The request as its endpoint understands it. An upload is read here, as it arrives; every other body has arrived.
 * @throws GatewayError 400, 413, 503
 */
export async function readCall({ uploads }: Gateway, { body }: Endpoint, request: FastifyRequest): Promise<Call> {
  if ('parse' in body) return body.parse(request.body)
  const payload = request.body
  if (!(payload instanceof Readable)) throw new GatewayError('invalid_form', 'The request has no body.')
  const length = Number(request.headers['content-length'])
  const upload = {
    payload,
    contentType: request.headers['content-type'] ?? '',
    contentLength: Number.isNaN(length) ? undefined : length,
  }
  const call = await body.receive(upload, uploads)
  request.exchange.handledAt = performance.now() // until here it was the client's time
  return call
}

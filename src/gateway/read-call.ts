import { Readable } from 'node:stream'
import { GatewayError } from '../errors/gateway-error.ts'
import { contentLengthOf, receiveWhole } from './requests/whole-body.ts'
import type { FastifyRequest } from 'fastify'
import type { Call, Endpoint } from './requests/endpoint.ts'
import type { Gateway } from './gateway.ts'

/**
 * The request as its endpoint understands it; its body is read here, as it arrives.
 * @throws GatewayError 400, 413, 503
 */
export async function readCall(gateway: Gateway, endpoint: Endpoint, request: FastifyRequest): Promise<Call> {
  const { exchange } = request
  exchange.handledAt = performance.now()
  const call = await receive(gateway, endpoint, request)
  exchange.handledAt = performance.now() // until here it was the client's time
  exchange.ownsCall(call)
  return call
}

async function receive(
  { uploads, maxBodyBytes }: Gateway,
  { body }: Endpoint,
  { body: payload, headers }: FastifyRequest,
): Promise<Call> {
  const contentLength = contentLengthOf(headers)
  const isThere = payload instanceof Readable
  if ('parse' in body)
    return body.parse(isThere ? await receiveWhole({ payload, contentLength }, maxBodyBytes) : undefined)
  if (!isThere) throw new GatewayError('invalid_form', 'The request has no body.')
  return body.receive({ payload, contentType: headers['content-type'] ?? '', contentLength }, uploads)
}

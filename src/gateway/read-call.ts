import { Readable } from 'node:stream'
import { GatewayError } from '../errors/gateway-error.ts'
import { ANONYMOUS } from '../access/keys/keyring.ts'
import { contentLengthOf, receiveWhole } from './requests/whole-body.ts'
import type { FastifyRequest } from 'fastify'
import type { BodyShare } from './requests/body-share.ts'
import type { Call, Endpoint, UploadedBody } from './requests/endpoint.ts'
import type { Gateway } from './gateway.ts'

/** JSON of up to this length comes with its headers: there is nothing to save by refusing it before it is read. */
const SMALL_BYTES = 65_536
/** Such bodies do not count as memory: thousands of honest orders wait at once. */
const NO_SHARE: BodyShare = { take: () => {}, giveBack: () => {} }

/**
 * Refuses a request before its body is read, where its headers tell that it would be refused whatever that says. Of a
 * small body the mistakes are told first.
 * @throws GatewayError 400, 429
 */
export async function lookAhead(
  { generations }: Pick<Gateway, 'generations'>,
  { body }: Endpoint,
  { headers, exchange }: FastifyRequest,
): Promise<void> {
  const length = contentLengthOf(headers)
  const isSmall = 'parse' in body && length !== undefined && length <= SMALL_BYTES && headers.expect === undefined
  if (!isSmall) await generations.refuseForeseen(exchange)
}

/**
 * The request as its endpoint understands it; its body is read here, as it arrives.
 * @throws GatewayError 400, 413, 429, 503
 */
export async function readCall(gateway: Gateway, { body }: Endpoint, request: FastifyRequest): Promise<Call> {
  const { exchange } = request
  exchange.handledAt = performance.now()
  const call = 'parse' in body ? await receiveJson(gateway, body.parse, request) : await receive(gateway, body, request)
  exchange.handledAt = performance.now() // until here it was the client's time
  exchange.ownsCall(call)
  return call
}

async function receiveJson(
  { maxBodyBytes, memory }: Gateway,
  parse: (body: unknown) => Call,
  { body: payload, headers }: FastifyRequest,
): Promise<Call> {
  if (!(payload instanceof Readable)) return parse(undefined)
  const contentLength = contentLengthOf(headers)
  const isSmall = contentLength !== undefined && contentLength <= SMALL_BYTES
  const share = isSmall ? NO_SHARE : memory.open()
  return sharing(share, async () => parse(await receiveWhole({ payload, contentLength, share }, maxBodyBytes)))
}

async function receive({ uploads, uploadRoom }: Gateway, body: UploadedBody, request: FastifyRequest): Promise<Call> {
  const { body: payload, headers, exchange } = request
  if (!(payload instanceof Readable)) throw new GatewayError('invalid_form', 'The request has no body.')
  const { name } = exchange.caller ?? ANONYMOUS
  const contentLength = contentLengthOf(headers)
  // One that is larger than any may be is told so.
  if (contentLength === undefined || contentLength <= uploads.maxBytes) uploadRoom.look(name, contentLength ?? 1)
  const share = uploadRoom.open(name)
  const contentType = headers['content-type'] ?? ''
  return sharing(share, async () => body.receive({ payload, contentType, contentLength, share }, uploads))
}

/** The call that is received has its share of the room until it is discarded. */
async function sharing(share: BodyShare, receiving: () => Promise<Call>): Promise<Call> {
  try {
    const call = await receiving()
    const discard = (): void => {
      call.discard()
      share.giveBack()
    }
    return { ...call, discard }
  } catch (error) {
    share.giveBack()
    throw error
  }
}

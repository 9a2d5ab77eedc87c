import fp from 'fastify-plugin'
import { GatewayError } from '../../errors/gateway-error.ts'
import { StoreError, storeRefusal } from '../../errors/store-error.ts'
import { newRequestId } from '../../gateway/ids.ts'
import { corsHeaders } from './origins.ts'
import { endUnreadBody } from './unread-bodies.ts'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Origins } from '../../access/origins.ts'
import type { ErrorCode } from '../../errors/gateway-error.ts'

/** Fastify's and Node's error codes → ours, with the words for a client. */
const FRAMEWORK: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map<string, readonly [ErrorCode, string]>([
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', ['unsupported_media_type', 'Send the body as content-type: application/json.']],
  ['FST_ERR_CTP_EMPTY_TYPE', ['unsupported_media_type', 'Send the body as content-type: application/json.']],
  ['FST_ERR_BAD_URL', ['invalid_http', 'The URL is not well-formed.']],
  ['FST_ERR_MAX_PARAM_LENGTH', ['uri_too_long', 'A part of the URL is too long.']],
  ['HPE_HEADER_OVERFLOW', ['headers_too_large', 'The request headers are larger than 16 KiB.']],
  ['HPE_PAUSED_H2_UPGRADE', ['invalid_http', 'The gateway speaks HTTP/1.1, and this connection began with HTTP/2.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['request_timeout', 'The request did not arrive in time.']],
  ['ECONNRESET', ['invalid_http', 'The connection broke before the body had arrived.']],
])

export interface ErrorsOptions {
  /** Pages of listed origins may read the errors that are answered before any hook, too. */
  readonly origins: Origins
  /** Called with a defect: an error that is no GatewayError and not the client's fault. */
  readonly onDefect: (error: unknown, request: FastifyRequest) => void
}

/** Answers every failure in OpenAI's shape, wherever it happens: in a phase, in the framework, before any route. */
export const errors = fp(
  function errors(app: FastifyInstance, options: ErrorsOptions, done: () => void): void {
    const { origins, onDefect } = options
    app.server.on(
      'checkExpectation',
      function checkExpectation(request: IncomingMessage, response: ServerResponse): void {
        answerExpectation(response, corsHeaders(origins, request.headers.origin))
      },
    )

    app.setErrorHandler(function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
      const known = knownError(error, request.raw.destroyed)
      if (known.code === 'internal_error') onDefect(error, request)
      const { exchange } = request
      exchange.error = known
      reply.code(known.status).headers(exchange.headers).headers(known.headers).send(known.toBody())
    })
    done()
  },
  { name: 'errors' },
)

function knownError(error: FastifyError, isAborted: boolean): GatewayError {
  if (error instanceof GatewayError) return error
  return error instanceof StoreError ? storeRefusal(error) : fromFramework(error, isAborted)
}

/** A framework error in our words. One with a 4xx status and no entry is the client's; any other is a defect. */
function fromFramework(error: FastifyError, isAborted: boolean): GatewayError {
  // A system error is the client's only where its own connection broke; elsewhere it is a defect.
  const isOurs = error.code === 'ECONNRESET' && !isAborted
  const known = isOurs ? undefined : FRAMEWORK.get(error.code)
  if (known !== undefined) return new GatewayError(known[0], known[1], { cause: error })
  const { statusCode = 500 } = error
  if (statusCode >= 400 && statusCode < 500)
    return new GatewayError('invalid_http', 'The request is not well-formed.', { cause: error })
  return new GatewayError(
    'internal_error',
    'The gateway failed on this request. Its log has the cause under this request id.',
    { cause: error },
  )
}

/** Answers an `Expect` header other than 100-continue (RFC 9110, 10.1.1); Node would send an empty 417. */
function answerExpectation(response: ServerResponse, cors: Readonly<Record<string, string>>): void {
  const { status, head, body } = rawAnswer(
    new GatewayError('expectation_failed', "The only expectation that is understood is '100-continue'."),
  )
  response.writeHead(status, { ...head, ...cors }).end(body)
}

/** Answers URLs that the router cannot read. No hook has run yet, so there is no exchange either. */
export function frameworkErrorAnswerer(origins: Origins) {
  return function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
    const known = fromFramework(error, false)
    const cors = corsHeaders(origins, request.headers.origin)
    endUnreadBody(request.raw, reply)
    reply
      .code(known.status)
      .headers({ ...known.headers, ...cors, 'x-request-id': newRequestId() })
      .send(known.toBody())
  }
}

/**
 * Answers bytes that never became a request: malformed HTTP, headers beyond 16 KiB, a request that does not arrive.
 * There is no reply object yet, so the answer is written to the socket by hand.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Anything written to a connection with an answer under way would stand in the middle of that answer.
  const hasAnswer = '_httpMessage' in socket && Boolean(socket._httpMessage)
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswer) {
    socket.destroy()
    return
  }
  const [code, message] = FRAMEWORK.get(error.code ?? '') ?? ['invalid_http', 'The request is not well-formed HTTP.']
  const { status, head, body } = rawAnswer(new GatewayError(code, message))
  const lines = [
    `HTTP/1.1 ${status} ${statusText(status)}`,
    ...Object.entries(head).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** An answer that needs no reply object; it ends the connection. */
function rawAnswer(error: GatewayError): { status: number; head: Record<string, string>; body: string } {
  const body = JSON.stringify(error.toBody())
  const head = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': newRequestId(),
    connection: 'close',
  }
  return { status: error.status, head, body }
}

/** Not imported: an import of node:http reads all that it exports, which loads `fetch` and WebSocket (25 ms of a start). */
function statusText(status: number): string {
  return process.getBuiltinModule('node:http').STATUS_CODES[status] ?? ''
}

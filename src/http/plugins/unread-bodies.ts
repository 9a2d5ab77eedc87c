import fp from 'fastify-plugin'
import { contentLengthOf } from '../../gateway/requests/whole-body.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How much of a body that is not wanted is read after its answer, and for how long. */
export interface Patience {
  readonly bytes: number
  readonly ms: number
}

/** A body that is announced to be no larger is read to its end, so that its connection can be used again. */
const SMALL: Patience = { bytes: 16_777_216, ms: 10_000 }
/** Of any other just enough is read for the client to see its answer. */
const LARGE: Patience = { bytes: 4_194_304, ms: 2000 }

export interface UnreadBodiesOptions {
  /** By default 4 MiB and 2 s. */
  readonly large?: Patience
}

/**
 * Ends requests that are answered before their body was read: the rest of it is not read to its end, however long it is.
 * A client that is cut off while it sends sees a broken connection, and not the answer. So the connection is closed in
 * steps (RFC 9112, 9.6): the answer goes out with `connection: close`, then the gateway's side is closed, and a bounded
 * amount of what still comes is read before the rest.
 *
 * `Expect: 100-continue` is answered with 100 only when somebody begins to read the body.
 */
export const unreadBodies = fp(
  function unreadBodies(app: FastifyInstance, { large }: UnreadBodiesOptions, done: () => void): void {
    app.server.on('checkContinue', function askLater(request: IncomingMessage, response: ServerResponse): void {
      unasked.add(request)
      request.once('resume', () => {
        if (unasked.delete(request) && !response.headersSent) response.writeContinue()
      })
      app.server.emit('request', request, response)
    })

    app.addHook(
      'onSend',
      function endRequest(request: FastifyRequest, reply: FastifyReply, payload: unknown, next: Next): void {
        endUnreadBody(request.raw, reply, large)
        next(null, payload)
      },
    )
    done()
  },
  { name: 'unread-bodies' },
)

type Next = (error: Error | null, payload: unknown) => void

/** Requests whose client waits to be asked for the body. */
const unasked = new WeakSet<IncomingMessage>()

/** Ends a body that has not come to its end: closes its connection behind the answer, or reads what little comes. */
export function endUnreadBody(request: IncomingMessage, reply: FastifyReply, large: Patience = LARGE): void {
  if (!isComing(request)) return
  const length = contentLengthOf(request.headers)
  const isUnasked = unasked.has(request)
  const isLarge = (length ?? 0) > SMALL.bytes
  // Node closes the connection by itself for a client that asked for it.
  const isLast = reply.getHeader('connection') === 'close' || !reply.raw.shouldKeepAlive
  if (isLast || isUnasked || isLarge) {
    reply.header('connection', 'close')
    closeInSteps(request)
  }
  readSome(request, reply.raw, length === undefined || isUnasked || isLarge ? large : SMALL)
}

/** More of the body is to come. */
function isComing({ complete, destroyed, headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers
  return !complete && !destroyed && (coding !== undefined || length !== '0')
}

/** Reads what comes and throws it away, as far as patience goes; then closes the connection. */
function readSome(request: IncomingMessage, response: ServerResponse, { bytes, ms }: Patience): void {
  const { socket } = request
  let left = bytes
  let timer: NodeJS.Timeout | undefined
  request.on('data', (chunk: Buffer) => {
    const isFirstTooMuch = left >= 0 && left < chunk.length
    left -= chunk.length
    // Not at once: Node asks for more in the same turn of the event loop.
    if (isFirstTooMuch) setImmediate(() => stopReading(socket, response))
  })
  request.on('error', () => {})
  request.once('close', () => {
    clearTimeout(timer)
    if (socket.writableEnded) socket.destroy() // all of it has come, and the answer is out
  })
  response.once('finish', () => {
    if (!request.complete) timer = setTimeout(() => socket.destroy(), ms)
  })
  request.resume()
}

/** Has Node close only the gateway's side of the connection after the answer, while the body is still coming. */
function closeInSteps(request: IncomingMessage): void {
  const { socket } = request
  const destroySoon = socket.destroySoon.bind(socket)
  socket.destroySoon = () => {
    if (request.complete) destroySoon()
    else socket.end()
  }
}

/** Backpressure from here on; the client sees the end of the connection behind its answer. */
function stopReading(socket: Socket, response: ServerResponse): void {
  socket.pause()
  if (response.writableFinished) socket.end()
  else response.once('finish', () => socket.end())
}

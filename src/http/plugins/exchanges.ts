import fp from 'fastify-plugin'
import { Exchange } from '../../gateway/exchange.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Adoptions } from '../../gateway/adoption/adoptions.ts'
import type { Generations } from '../../gateway/generations.ts'
import type { ExchangeLog } from '../../gateway/exchange-log.ts'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
  interface FastifyContextConfig {
    /** Metrics label of the route; also the name of an OpenAI operation where it is one. */
    endpoint?: string
    /** Requests that machines repeat all day; logged at debug. */
    isRoutine?: boolean
  }
}

/** The status that is logged for a client that left before it got one; nginx's number for it. */
const CLIENT_CLOSED_REQUEST = 499

export interface ExchangesOptions {
  readonly generations: Generations
  readonly adoptions: Adoptions
  readonly log: ExchangeLog
}

/** Opens an exchange for every request, before any other hook, and closes it when the connection is done with it. */
export const exchanges = fp(
  function exchanges(app: FastifyInstance, { generations, adoptions, log }: ExchangesOptions, done: () => void): void {
    app.decorateRequest('exchange')
    app.server.on('connection', function watchConnection(connection): void {
      connection.once('close', () => adoptions.connectionClosed(connection))
    })
    app.addHook(
      'onRequest',
      function openExchange(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
        const { endpoint = request.is404 ? 'unmatched' : 'other', isRoutine = false } = request.routeOptions.config
        const exchange = new Exchange(endpoint, request.raw.socket)
        request.exchange = exchange
        adoptions.connectionReused(request.raw.socket)
        reply.header('x-request-id', exchange.id)
        // 'close' comes last and always: after the answer is out, when the client leaves, when a stream breaks.
        reply.raw.once('close', function endExchange(): void {
          const isDelivered = reply.raw.writableFinished
          exchange.end()
          generations.exchangeEnded(exchange, isDelivered ? request.raw.socket : undefined)
          const status = reply.raw.headersSent ? reply.raw.statusCode : CLIENT_CLOSED_REQUEST
          log.exchangeEnded(exchange, { status, isDelivered, isRoutine })
        })
        next()
      },
    )
    done()
  },
  { name: 'exchanges' },
)

import { GatewayError } from '../../errors/gateway-error.ts'
import { GatheredBytes } from '../../spool/gathered-bytes.ts'
import { gatheredPieces } from '../../spool/gathered-pieces.ts'
import type { BodyShare } from './body-share.ts'
import { brokenOff } from './uploads/receive.ts'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** A body that is small enough to be received into memory. */
export interface IncomingBody {
  readonly payload: Readable
  /** Undefined where it comes in chunks. */
  readonly contentLength: number | undefined
  /** Its part of the memory that bodies share; undefined where it takes none. Given back by whoever has opened it. */
  readonly share?: BodyShare
}

/** The announced length of a body; undefined where it comes in chunks. */
export function contentLengthOf(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/**
 * Receives a body into one piece of memory, whatever the size of the chunks that it comes in.
 * @throws GatewayError `request_too_large`, before anything is read where its length says so; `rate_limit_exceeded`,
 *   `invalid_http`
 */
export async function receiveWhole({ payload, contentLength, share }: IncomingBody, maxBytes: number): Promise<Buffer> {
  if (contentLength !== undefined && contentLength > maxBytes) throw tooLarge(maxBytes)
  const arrived = contentLength === payload.readableLength ? arrivedWhole(payload) : undefined
  if (arrived !== undefined) {
    share?.take(arrived.length)
    return arrived
  }
  // Of an announced length there need not be more than that much memory.
  const received = new GatheredBytes(contentLength)
  try {
    for await (const piece of gatheredPieces(payload)) {
      if (received.length + piece.length > maxBytes) throw tooLarge(maxBytes)
      share?.take(piece.length)
      received.append(piece)
    }
  } catch (error) {
    throw error instanceof GatewayError ? error : brokenOff(error)
  }
  return received.bytes()
}

/** All of a body that came with its headers: to read it as it arrives would take a turn of the event loop more. */
function arrivedWhole(payload: Readable): Buffer | undefined {
  if (payload.destroyed) return undefined
  const body = payload.read() as Buffer | null
  payload.resume() // to its end, which may be still to come
  return body ?? undefined
}

function tooLarge(maxBytes: number): GatewayError {
  const message = `The body is larger than the limit of ${maxBytes} bytes (MAX_BODY_BYTES).`
  return new GatewayError('request_too_large', message)
}

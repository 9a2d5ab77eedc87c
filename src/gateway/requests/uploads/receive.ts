import { GatewayError } from '../../../errors/gateway-error.ts'
import { gatheredPieces } from '../../../spool/gathered-pieces.ts'
import { Spool } from '../../../spool/spool.ts'
import type { Readable } from 'node:stream'
import type { UploadShare } from './upload-room.ts'
import type { SpoolDirectory } from '../../../spool/spool-file.ts'

/** A body as it arrives. */
export interface IncomingUpload {
  readonly payload: Readable
  readonly contentType: string
  readonly contentLength: number | undefined
  /** Its part of the room that uploads share. Given back by whoever has opened it. */
  readonly share: UploadShare
}

export interface UploadOptions {
  readonly spool: SpoolDirectory
  /** The largest upload. */
  readonly maxBytes: number
  /** The variable that says so, for messages. */
  readonly limitedBy: string
}

/** Reads bytes in passing; what it throws refuses the upload. */
export interface UploadTap {
  write(chunk: Buffer): void
  end(): void
}

/**
 * Receives a body into a spool, past a tap, and reads what it says. Nothing of it stays behind where it is refused or
 * breaks off.
 * @param read makes of the whole body what the caller gets
 * @throws GatewayError `request_too_large`, `rate_limit_exceeded`, `storage_full`, `storage_unavailable`, `invalid_http`;
 *   what the tap and `read` throw
 */
export async function receiveUpload<T>(
  { payload, contentLength, share }: IncomingUpload,
  { spool: directory, maxBytes, limitedBy }: UploadOptions,
  tap: UploadTap,
  read: (spool: Spool) => T,
): Promise<T> {
  const spool = new Spool(directory, { memoryBytes: share.memoryBytes })
  try {
    if (contentLength !== undefined && contentLength > maxBytes) throw tooLarge(maxBytes, limitedBy)
    for await (const piece of gatheredPieces(payload)) {
      if (spool.bytes + piece.length > maxBytes) throw tooLarge(maxBytes, limitedBy)
      share.take(piece.length)
      tap.write(piece)
      await spool.write(piece)
    }
    tap.end()
    return read(spool)
  } catch (error) {
    await spool.discard()
    // The rest stays in the stream, for http/plugins/unread-bodies.ts.
    throw payload.readableAborted ? brokenOff(error) : error
  }
}

function tooLarge(maxBytes: number, limitedBy: string): GatewayError {
  const message = `The upload is larger than the limit of ${maxBytes} bytes (${limitedBy}).`
  return new GatewayError('request_too_large', message)
}

/** The refusal of a body whose connection broke. */
export function brokenOff(cause: unknown): GatewayError {
  return new GatewayError('invalid_http', 'The connection broke before the body had arrived.', { cause })
}

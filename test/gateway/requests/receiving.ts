import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { SpoolDirectory } from '../../../src/spool/spool-file.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import type { Body, Call } from '../../../src/gateway/requests/endpoint.ts'
import type { UploadShare } from '../../../src/gateway/requests/uploads/upload-room.ts'
import type { IncomingUpload, UploadOptions } from '../../../src/gateway/requests/uploads/receive.ts'

export interface Uploads {
  readonly options: UploadOptions
  readonly path: string
  /** Remembers a call, so that it can be discarded. */
  kept(call: Call): Call
  discard(): void
  remove(): void
}

/** A place for uploads under the system's temporary directory. */
export function uploadsDirectory(): Uploads {
  const { path, remove } = temporaryDirectory()
  const calls: Call[] = []
  return {
    options: { spool: new SpoolDirectory(join(path, 'spool')), maxBytes: 50_000_000, limitedBy: 'MAX_UPLOAD_BYTES' },
    path,
    kept: (call) => {
      calls.push(call)
      return call
    },
    discard: () => {
      for (const call of calls.splice(0)) call.discard()
    },
    remove,
  }
}

/** A share of a room that never ends. */
export function endlessShare(): UploadShare {
  return { memoryBytes: 262_144, take: () => {}, giveBack: () => {} }
}

/** A body as it arrives, in chunks. */
export function arriving(contentType: string, chunks: readonly Buffer[]): IncomingUpload {
  return {
    payload: Readable.from(chunks, { objectMode: false }),
    contentType,
    contentLength: undefined,
    share: endlessShare(),
  }
}

/** The bytes that would go upstream; an upstream relies on the announced length. */
export async function bytesOf(body: Body): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body
  const bytes = await buffer(body.open())
  if (bytes.length !== body.bytes) throw new Error(`${body.bytes} bytes are announced and ${bytes.length} come`)
  return bytes
}

/** The GatewayError that a piece of work must end in. */
export async function refusalOf(work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GatewayError) return error
  throw error
}

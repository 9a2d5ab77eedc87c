import { GatewayError } from '../../../errors/gateway-error.ts'
import { storageFull } from '../../../spool/spool-file.ts'
import type { BodyShare } from '../body-share.ts'
import type { DiskRoom } from '../../../spool/disk-room.ts'

/** Of all uploads in memory together; with many of them, each goes to its file earlier. */
const MEMORY_BYTES = { together: 33_554_432, most: 262_144, least: 65_536 } as const
/** So much one caller may have, however little room the disk has: it mostly stays in memory. */
const ALWAYS_BYTES = 1_048_576

export interface UploadRoomOptions {
  /** MAX_UPLOADS_BYTES */
  readonly maxBytes: number
  /** MAX_UPLOADS_BYTES_PER_KEY */
  readonly maxBytesPerCaller: number
  readonly disk: DiskRoom
}

export interface UploadShare extends BodyShare {
  /** More than that goes to a file. */
  readonly memoryBytes: number
}

/**
 * The room that unfinished uploads share: those that are arriving, and those whose generation is under way. Each caller
 * has a part of it. On a small disk it has at most as much as it leaves to others, so that no caller can fill it.
 */
export class UploadRoom {
  readonly #options: UploadRoomOptions
  // Callers stay in here with 0 bytes: there are only as many as there are keys.
  readonly #bytesByCaller = new Map<string, number>()
  #bytes = 0
  #uploads = 0

  constructor(options: UploadRoomOptions) {
    this.#options = options
  }

  /** Looks whether an upload of so many bytes would find room; takes none. @throws GatewayError 429, 503 */
  look(caller: string, bytes: number): void {
    const own = this.#bytesOf(caller) + bytes
    this.#refuse(caller, bytes)
    if (own > ALWAYS_BYTES && this.#options.disk.reachableBytes < own + bytes) throw storageFull()
  }

  open(caller: string): UploadShare {
    const { together, most, least } = MEMORY_BYTES
    this.#uploads++
    let taken = 0
    let isOpen = true
    return {
      memoryBytes: Math.max(least, Math.min(most, together / this.#uploads)),
      take: (bytes) => {
        this.#refuse(caller, bytes)
        const own = this.#bytesOf(caller) + bytes
        if (own > ALWAYS_BYTES && !this.#options.disk.makeRoom(own)) throw storageFull()
        taken += bytes
        this.#add(caller, bytes)
      },
      giveBack: () => {
        if (!isOpen) return
        isOpen = false
        this.#uploads--
        this.#add(caller, -taken)
      },
    }
  }

  #refuse(caller: string, bytes: number): void {
    const { maxBytes, maxBytesPerCaller } = this.#options
    if (this.#bytesOf(caller) + bytes > maxBytesPerCaller) throw tooMuchOfOne(caller, maxBytesPerCaller)
    if (this.#bytes + bytes > maxBytes) throw tooMuchOfAll(maxBytes)
  }

  #bytesOf(caller: string): number {
    return this.#bytesByCaller.get(caller) ?? 0
  }

  #add(caller: string, bytes: number): void {
    this.#bytes += bytes
    this.#bytesByCaller.set(caller, this.#bytesOf(caller) + bytes)
  }
}

function tooMuchOfOne(caller: string, max: number): GatewayError {
  const message = `The key '${caller}' may have ${max} bytes of unfinished uploads at once (MAX_UPLOADS_BYTES_PER_KEY). Wait for one of them to end.`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: 2 })
}

function tooMuchOfAll(max: number): GatewayError {
  const message = `The gateway takes ${max} bytes of unfinished uploads at once (MAX_UPLOADS_BYTES), and has no room for another one now.`
  return new GatewayError('storage_full', message, { retryAfterSeconds: 5 })
}

import { GatheredBytes } from '../../spool/gathered-bytes.ts'

/** Names of members to keep → how many bytes of their values at most. */
export type MemberLimits = ReadonlyMap<string, number>

/** A value being kept: its bytes so far, copied out of the chunks. */
interface Capture {
  readonly name: string
  readonly limit: number
  readonly kept: GatheredBytes
  bytes: number
}

/** Keeps the values of a few members of a JSON object that is read chunk by chunk, each within its limit. */
export class MemberCaptures {
  /** Name → parsed value; `true` for one beyond its limit, undefined for one that is not JSON. */
  readonly kept = new Map<string, unknown>()
  readonly #limits: MemberLimits
  #open: Capture | undefined
  /** Offset of the open value in the current chunk. */
  #from = 0

  constructor(limits: MemberLimits) {
    this.#limits = limits
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** A value begins under `name`; it is kept where the name is one of those asked for. */
  begin(name: string, at: number): void {
    const limit = this.#limits.get(name)
    if (limit === undefined) return
    this.#open = { name, limit, kept: new GatheredBytes(), bytes: 0 }
    this.#from = at
  }

  /** The open value, if any, ends before `at`. */
  end(chunk: Buffer, at: number): void {
    if (this.#open === undefined) return
    const { name, limit, kept } = this.#open
    this.#keep(this.#open, chunk, at)
    this.kept.set(name, this.#open.bytes > limit ? true : parsedJson(kept.bytes()))
    this.#open = undefined
  }

  /** The chunk ends; an open value goes on in the next one. */
  endChunk(chunk: Buffer): void {
    if (this.#open !== undefined) this.#keep(this.#open, chunk, chunk.length)
    this.#from = 0
  }

  #keep(capture: Capture, chunk: Buffer, to: number): void {
    const piece = chunk.subarray(this.#from, to)
    capture.bytes += piece.length
    if (capture.bytes <= capture.limit) capture.kept.append(piece)
    else capture.kept.clear()
  }
}

/** The bytes as a JSON value; undefined where they are none. */
export function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

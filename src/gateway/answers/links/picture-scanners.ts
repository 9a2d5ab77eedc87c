import { JsonTap } from '../json-tap.ts'
import { SseTap } from '../sse-tap.ts'
import type { ElementListener } from '../json-tap.ts'
import type { StreamEvent } from '../sse-tap.ts'

/** Finds the pictures of an answer in passing. */
export interface PictureScanner {
  /** Events, or one JSON answer. */
  readonly hasEvents: boolean
  /** The place that is being read is that of a finished picture. */
  readonly isPicture: boolean
  write(chunk: Buffer): void
}

/** Is told of the pictures as offsets in the chunk that is being written. */
export interface PictureListener extends ElementListener {
  /** Behind the empty line that ends an event. */
  eventEnded(at: number): void
}

/** One JSON answer: every image in it is finished. */
export function jsonScanner(listener: PictureListener): PictureScanner {
  const tap = new JsonTap({ listener, members: new Map() })
  return { hasEvents: false, isPicture: true, write: (chunk) => tap.write(chunk) }
}

/** A stream of events: those whose type ends in `.completed` have a finished picture, others a preview. */
export function eventScanner(listener: PictureListener): PictureScanner {
  let chunk: Buffer = Buffer.alloc(0)
  let base = 0
  const onEvent = (_event: StreamEvent, end: number): void => listener.eventEnded(end)
  const tap = new SseTap(onEvent, {
    pieceBegins: (piece) => {
      base = piece.byteOffset - chunk.byteOffset
    },
    elementBegan: () => {},
    elementEnded: () => {},
    nameBegan: (at) => listener.nameBegan?.(base + at),
    valueBegan: (name, at) => listener.valueBegan?.(name, base + at),
    stringEnded: (at) => listener.stringEnded?.(base + at),
  })
  return {
    hasEvents: true,
    get isPicture() {
      return tap.type.endsWith('.completed')
    },
    write: (bytes) => {
      chunk = bytes
      tap.write(bytes)
    },
  }
}

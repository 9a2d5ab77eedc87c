const BLOCK_BYTES = 65_536
/** 4 MiB: one for each of 32 pictures at once, and one that is being written. */
const MOST_FREE = 64

/** A piece of memory, and how much of it is filled. */
export interface Block {
  readonly memory: Buffer
  length: number
  /** It is being written, and takes no more. */
  isClosed: boolean
}

/** Memory for bytes on their way to the disk, used again and again: fresh memory for each would wait for the collector. */
export class Blocks {
  readonly #free: Buffer[] = []

  take(): Block {
    return { memory: this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES), length: 0, isClosed: false }
  }

  /** The bytes in it are not needed any more. */
  giveBack({ memory }: Block): void {
    if (this.#free.length < MOST_FREE) this.#free.push(memory)
  }
}

/** Fills the last block of a list, then new ones. */
export function fill(list: Block[], bytes: Buffer, blocks: Blocks): void {
  for (let at = 0; at < bytes.length;) {
    let last = list.at(-1)
    if (last === undefined || last.isClosed || last.length === last.memory.length) {
      last = blocks.take()
      list.push(last)
    }
    const copied = bytes.copy(last.memory, last.length, at)
    last.length += copied
    at += copied
  }
}

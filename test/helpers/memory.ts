import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const SAMPLES = 3

/** Memory of this process that is left once its garbage is collected: measured, and not counted by our code. */
export interface Memory {
  readonly heapBytes: number
  readonly bufferBytes: number
  /** All that is held for JavaScript: its heap, and everything outside of it. */
  readonly heldBytes: number
  /** Resident memory of the process. */
  readonly takenBytes: number
}

/**
 * Measures memory. Buffers are freed beside the program after a collection, so the smallest of several samples counts.
 * For files named `*.alone.test.ts`: in a process shared with other test files, theirs would be measured too.
 */
export async function memory(): Promise<Memory> {
  const samples: Memory[] = []
  for (let count = 0; count < SAMPLES; count++) {
    collectGarbage()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage()
    samples.push({
      heapBytes: heapUsed,
      bufferBytes: arrayBuffers,
      heldBytes: heapUsed + external,
      takenBytes: rss,
    })
  }
  const least = (of: keyof Memory): number => Math.min(...samples.map((sample) => sample[of]))
  return {
    heapBytes: least('heapBytes'),
    bufferBytes: least('bufferBytes'),
    heldBytes: least('heldBytes'),
    takenBytes: least('takenBytes'),
  }
}

export const heldBufferBytes = async (): Promise<number> => (await memory()).bufferBytes
export const heldHeapBytes = async (): Promise<number> => (await memory()).heapBytes

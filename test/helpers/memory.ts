import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of buffers that this process really holds: measured, after the collector has run, and not counted by our code. */
export async function heldBufferBytes(): Promise<number> {
  await collected()
  return process.memoryUsage().arrayBuffers
}

/** Bytes of the heap that this process really holds, after the collector has run. */
export async function heldHeapBytes(): Promise<number> {
  await collected()
  return process.memoryUsage().heapUsed
}

/** Buffers are freed after a collection, beside the program; the next collection waits for that. */
async function collected(): Promise<void> {
  for (let run = 0; run < 3; run++) {
    collectGarbage()
    await new Promise(setImmediate)
  }
}

import type sharp from 'sharp'

/** sharp, as its module exports it. */
export type SharpTool = typeof sharp

/** Loaded with the first picture: the gateway's start must not wait for libvips. */
let tool: Promise<SharpTool> | undefined

async function load(): Promise<SharpTool> {
  const { default: loaded } = await import('sharp')
  // One thread a picture and nothing kept: the sandbox lives inside the gateway's process.
  loaded.concurrency(1)
  loaded.cache(false)
  return loaded
}

let running = 0
const waiting: (() => void)[] = []

/**
 * Works on pictures, two at a time: libuv has four threads, and the gateway needs some for DNS and files. Work must not
 * enter the workshop again before it is done, or two of them could wait for each other.
 */
export async function inWorkshop<T>(work: (sharp: SharpTool) => Promise<T>): Promise<T> {
  tool ??= load()
  const loaded = await tool
  if (running >= 2) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work(loaded)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}

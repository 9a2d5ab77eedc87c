import type sharp from 'sharp'

/** sharp, as its module exports it. */
export type SharpTool = typeof sharp

/** Loaded once, and only where pictures are made: everything else runs without libvips. */
let tool: Promise<SharpTool> | undefined

/**
 * Loads sharp, which is an optional dependency.
 * @returns what keeps it from being loaded, in a sentence with the remedy; undefined where it is there
 */
export async function missingTool(): Promise<string | undefined> {
  try {
    await (tool ??= load())
    return undefined
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    const how = isAbsent ? 'is not installed' : 'cannot be loaded on this machine'
    return `The sandbox draws its pictures with the package sharp, which ${how}: npm install --include=optional`
  }
}

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

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { childEnvironment } from '../gateways/command.ts'

const PROGRAM = join(import.meta.dirname, 'store-process.ts')

/** Another process on the same file, which does as it is told (`store-process.ts`). */
export interface StoreProcess {
  /** Sends a command without waiting for an answer. */
  tell(command: object): void
  /** The next line that it prints. */
  next(): Promise<string>
  /** Sends a command and waits for its answer. */
  ask(command: object): Promise<unknown>
  /** Kills it, and gives the lines that it had printed and nobody has read. */
  kill(): Promise<string[]>
  /** Lets it end by itself. */
  close(): Promise<void>
}

/** Starts it, and waits until it is ready. */
export async function startStoreProcess(directory: string): Promise<StoreProcess> {
  const child = spawn(process.execPath, [PROGRAM, directory], {
    env: childEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  child.stdin.on('error', () => {}) // it has been killed
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const tell = (command: object): void => void child.stdin.write(`${JSON.stringify(command)}\n`)
  const first = await next()
  if (first !== 'ready') throw new Error(`a store process began with: ${first}`)
  return {
    tell,
    next,
    ask: async (command) => {
      tell(command)
      return JSON.parse(await next()) as unknown
    },
    kill: async () => {
      child.kill('SIGKILL')
      const left = await Array.fromAsync(lines)
      await ended
      return left
    },
    close: async () => {
      child.stdin.end()
      await ended
    },
  }
}

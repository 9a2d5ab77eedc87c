import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** The `comet-gateway` command. */
export const BIN = join(ROOT, 'bin/comet-gateway.js')
/** Node keeps compiled modules here, so that a start takes half as long. */
const COMPILE_CACHE = join(ROOT, 'node_modules/.cache/node-compile')

/** A program may take so long to begin where many are started at once. */
const START_MS = 60_000

export interface CommandResult {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly pid: number
  readonly stdout: () => string
  readonly stderr: () => string
  readonly hasEnded: () => boolean
  readonly kill: (signal: NodeJS.Signals) => void
  /** Waits until it has printed something that matches. @throws Error where it ends before */
  readonly printed: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Resolves when it has ended and all of its output has come. */
  readonly done: Promise<CommandResult>
}

export interface CommandOptions {
  readonly directory?: string
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Files and connections that it may have open at once; default as many as this process. */
  readonly openFiles?: number | undefined
}

const alive = new Set<() => void>()
process.on('exit', () => {
  for (const kill of alive) kill()
})

/** The environment of every program that tests start: nothing of this process's but PATH. */
export function childEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE, ...more }
}

/** Starts a program with nothing of this process's environment but PATH. It does not outlive this process. */
export function startProgram(program: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { directory, input = '', environment = {} } = options
  const child = spawn(program, args, { cwd: directory, env: childEnvironment(environment) })
  const output = { stdout: '', stderr: '' }
  let hasEnded = false
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  child.stdin.on('error', () => {}) // a program that has ended reads nothing
  child.stdin.end(input)
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal)
  const killNow = (): void => kill('SIGKILL')
  alive.add(killNow)
  const done = once(child, 'close').then(([code]) => {
    alive.delete(killNow)
    hasEnded = true
    return { code: code as number | null, ...output }
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    hasEnded: () => hasEnded,
    kill,
    printed: async (pattern) => {
      const look = (): RegExpExecArray | null => {
        const found = pattern.exec(output.stdout)
        if (found === null && !hasEnded) throw new Error(`it has printed ${output.stdout}${output.stderr}`)
        return found
      }
      const match = await eventually(`${program} prints ${String(pattern)}`, look, { patienceMs: START_MS })
      if (match === null)
        throw new Error(`it ended before it printed ${String(pattern)}: ${output.stdout}${output.stderr}`)
      return match
    },
    done,
  }
}

/** Starts `comet-gateway` with these arguments. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { openFiles } = options
  if (openFiles === undefined) return startProgram(process.execPath, [BIN, ...args], options)
  const limited = `ulimit -n ${openFiles}; exec "$0" "$@"`
  return startProgram('/bin/sh', ['-c', limited, process.execPath, BIN, ...args], options)
}

/** Runs `comet-gateway` in a directory to its end. */
export async function command(
  directory: string,
  args: readonly string[],
  options: Omit<CommandOptions, 'directory'> = {},
): Promise<CommandResult> {
  return startCommand(args, { directory, ...options }).done
}

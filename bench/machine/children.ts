import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { pinned } from './pinning.ts'
import type { ChildProcess } from 'node:child_process'
import type { Place } from './pinning.ts'

/** A program to run, as data. */
export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Default the directory of this process. */
  readonly directory?: string
}

/** A started program. */
export interface Child {
  readonly pid: number
  hasEnded(): boolean
  /** Its last line on standard output or standard error. */
  lastWords(): string
  /** Ends it with its own children; resolves when it is gone. */
  stop(): Promise<void>
}

const PATIENCE_MS = 2000
/** Every program that has not ended, with the signal that ends it. */
const running = new Map<ChildProcess, NodeJS.Signals>()

/** Starts a program as the leader of a process group, so that its workers end with it; its output goes to a file. */
export function start(place: Place, launch: Launch, logFile: string): Child {
  const [command, args] = pinned(place, launch.command, launch.args)
  const log = openSync(logFile, 'w')
  const child = spawn(command, args, {
    cwd: launch.directory,
    env: environmentOf(launch),
    stdio: ['ignore', log, log],
    detached: true,
  })
  closeSync(log)
  follow(child, 'SIGKILL') // a gateway would wait for its answers under way
  return {
    pid: child.pid ?? 0,
    hasEnded: () => hasEnded(child),
    lastWords: () => readFileSync(logFile, 'utf8').trim().split('\n').at(-1)?.slice(0, 200) ?? '',
    stop: () => stop(child),
  }
}

/** Runs a program to its end and gives its standard output; throws with its standard error. */
export async function output(place: Place, launch: Launch, timeoutMs: number): Promise<string> {
  const [command, args] = pinned(place, launch.command, launch.args)
  const child = spawn(command, args, {
    cwd: launch.directory,
    env: environmentOf(launch),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  follow(child, 'SIGTERM')
  const timer = setTimeout(() => signal(child, 'SIGKILL'), timeoutMs)
  const texts = ['', '']
  for (const [index, stream] of [child.stdout, child.stderr].entries())
    stream.setEncoding('utf8').on('data', (text: string) => (texts[index] += text))
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (code === 0) return texts[0] ?? ''
  throw new Error(`${launch.command} ended with ${code ?? 'a signal'}: ${(texts[1] || texts[0] || '').slice(-500)}`)
}

/** Ends every program that is still running. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running.keys()].map(stop))
}

/** Ctrl-C ends the programs first: they are in groups of their own, so the terminal does not reach them. */
export function stopOnSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      void stopAll().finally(() => process.exit(130))
    })
  }
  process.on('exit', () => running.forEach((_signal, child) => signal(child, 'SIGKILL')))
}

/** Little of our own environment, so that no setting of a developer's shell changes a figure. */
function environmentOf({ environment }: Launch): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...Object.fromEntries(kept), ...environment }
}

function follow(child: ChildProcess, ending: NodeJS.Signals): void {
  running.set(child, ending)
  child.once('error', () => running.delete(child))
  child.once('exit', () => running.delete(child))
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // The group is gone.
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  signal(child, running.get(child) ?? 'SIGKILL')
  const timer = setTimeout(() => signal(child, 'SIGKILL'), PATIENCE_MS)
  await ended
  clearTimeout(timer)
}

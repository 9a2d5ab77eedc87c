import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The measured system has a core of its own; load, upstream and the benchmark itself share the other one. */
export type Place = 'system' | 'load'

const CORES: Readonly<Record<Place, number>> = { load: 0, system: 1 }

/** Whether processes can be pinned here: Linux with taskset and two cores. */
export const canPin = availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0

/** The command line that runs a program on the core of its place. */
export function pinned(place: Place, command: string, args: readonly string[]): readonly [string, readonly string[]] {
  return canPin ? ['taskset', ['-c', String(CORES[place]), command, ...args]] : [command, args]
}

/** Moves this process, with all of its threads, to the core of the load. */
export function pinMyself(): void {
  if (canPin) execFileSync('taskset', ['-apc', String(CORES.load), String(process.pid)], { stdio: 'ignore' })
}

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemCode } from '../../errors/system-error.ts'

/** The identity of a process, which tells it from a later one with the same pid. */
export interface ProcessIdentity {
  /** The space of pids: one boot of one machine, and one container in it. */
  readonly scope: string
  readonly pid: number
  /** The start of the process in clock ticks since boot; empty where that cannot be known. */
  readonly started: string
}

/** A way to look at processes; tests have their own. */
export interface Processes {
  readonly own: ProcessIdentity
  /** Undefined where it cannot be known: another container's process, or a system without /proc. */
  readonly isAlive: (process: ProcessIdentity) => boolean | undefined
}

/** The processes of this machine. */
export function localProcesses(): Processes {
  const own = { scope: scope(), pid: process.pid, started: startOf(process.pid) ?? '' }
  return { own, isAlive: (other) => isAlive(other, own) }
}

function isAlive(other: ProcessIdentity, own: ProcessIdentity): boolean | undefined {
  if (other.scope !== own.scope) return undefined
  if (other.started !== '') return startOf(other.pid) === other.started
  // Without /proc, a pid that is free means a dead process; a pid in use may belong to another process by now.
  return exists(other.pid) ? undefined : false
}

/** Field 22 of /proc/PID/stat: clock ticks since boot (proc_pid_stat(5)). The name before it may have spaces. */
function startOf(pid: number): string | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // A zombie has ended; its parent has only not waited for it.
  return fields[0] === 'Z' ? undefined : fields[19]
}

function scope(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'))
  return boot === undefined || namespace === undefined ? hostname() : `${boot} ${namespace}`
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

function read(from: () => string): string | undefined {
  try {
    return from()
  } catch {
    return undefined
  }
}

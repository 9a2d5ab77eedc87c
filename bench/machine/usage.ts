import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** Clock ticks a second in /proc/PID/stat (sysconf(_SC_CLK_TCK)). */
const TICKS = process.platform === 'linux' ? Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : 100

/** Resident memory of a process and its children, in MB. */
export interface Memory {
  readonly nowMb: number
  /** The sum of their peaks (VmHWM). */
  readonly peakMb: number
}

/** Seconds of CPU that a process and its children have used, all threads together; undefined without /proc. */
export function cpuSeconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  return family(pid).reduce((sum, each) => sum + ticksOf(each), 0) / TICKS
}

export function memory(pid: number): Memory | undefined {
  if (process.platform !== 'linux') return undefined
  const texts = family(pid).map((each) => read(`/proc/${each}/status`))
  const sum = (field: string): number =>
    Math.round(
      texts.reduce((all, text) => all + Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1] ?? 0), 0) / 1024,
    )
  return { nowMb: sum('VmRSS'), peakMb: sum('VmHWM') }
}

/** A process and all that descend from it. */
function family(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(fieldsOf(Number(name))[1]) }))
  const found = [pid]
  for (const each of found) found.push(...parents.filter(({ parent }) => parent === each).map((child) => child.pid))
  return found
}

/** Fields 14 and 15 of /proc/PID/stat: user and system time. */
function ticksOf(pid: number): number {
  const fields = fieldsOf(pid)
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

/** The fields of /proc/PID/stat behind the name, which may contain spaces: state, parent, … */
function fieldsOf(pid: number): string[] {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

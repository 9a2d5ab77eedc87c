import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { canPin } from './pinning.ts'

/** The machine and the moment of a run. */
export interface MachineFacts {
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly wrk: string
  readonly revision: string
  readonly isPinned: boolean
  /** Load average of the minute before the run: above 0.5, other work shared the cores. */
  readonly loadBefore: number
}

export function machineFacts(): MachineFacts {
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${distribution()}, Linux ${/^[\d.]+/.exec(release())?.[0] ?? ''}`,
    node: process.version.slice(1),
    wrk: /wrk\s+(?:debian\/)?([\d.]+)/.exec(spawnSync('wrk', ['-v'], { encoding: 'utf8' }).stdout)?.[1] ?? 'unknown',
    revision: revision(),
    isPinned: canPin,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  }
}

function distribution(): string {
  try {
    return /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform
  } catch {
    return process.platform
  }
}

function revision(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

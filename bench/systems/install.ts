import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { output } from '../machine/children.ts'
import type { Launch } from '../machine/children.ts'

const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/bench')
const MINUTES_10 = 600_000

/** Whether a command exists. */
export const isInstalled = (program: string): boolean => spawnSync('which', [program]).status === 0

/** The first number with dots that a program prints about its version. */
export function versionOf(program: string, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return /\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown'
}

/** Installs a package of Debian where its program is missing. Returns the reason when that cannot be. */
export async function fromDebian(program: string, name: string, mayInstall: boolean): Promise<string | undefined> {
  if (isInstalled(program)) return undefined
  if (!mayInstall) return `not installed (Debian: apt-get install ${name})`
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return `not installed, and apt-get is not ours to run`
  // Debian starts a server after its installation, which would take port and CPU; not so in runlevel 1.
  const environment = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args: string[]): Launch => ({ command: 'apt-get', args: ['-qq', ...args], environment })
  try {
    await output('load', apt('update'), MINUTES_10)
    await output('load', apt('install', '-y', '--no-install-recommends', name), MINUTES_10)
  } catch (error) {
    return `apt-get cannot install it: ${reasonOf(error)}`
  }
  return undefined
}

/** A directory with packages in it, named by what is in them. */
export interface Installation {
  readonly directory: string
  readonly problem?: string
}

/**
 * Installs what some files ask for into a directory of the cache, once for each content of the files.
 * @param steps the commands, given the directory with copies of the files
 */
export async function intoCache(
  files: readonly string[],
  mayInstall: boolean,
  steps: (directory: string) => readonly Launch[],
): Promise<Installation> {
  const key = createHash('sha256').update(process.version)
  for (const file of files) key.update(readFileSync(file))
  const directory = join(CACHE, `${basename(files[0] ?? '')}-${key.digest('hex').slice(0, 12)}`)
  const marker = join(directory, 'installed')
  if (existsSync(marker)) return { directory }
  if (!mayInstall) return { directory, problem: 'not installed' }
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const file of files) copyFileSync(file, join(directory, basename(file)))
  try {
    for (const step of steps(directory)) await output('load', { ...step, directory }, MINUTES_10)
  } catch (error) {
    return { directory, problem: `cannot be installed: ${reasonOf(error)}` }
  }
  writeFileSync(marker, '')
  return { directory }
}

/** The last line of an error, short enough for a cell. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (text.trim().split('\n').at(-1) ?? '').slice(0, 120)
}

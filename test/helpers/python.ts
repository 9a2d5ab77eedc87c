import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ENVIRONMENTS = join(import.meta.dirname, '../../node_modules/.cache/test-python')
/** Python 3.11 is what the packages ask for. */
const OLDEST_MINOR = 11
/** pip's words when it reaches no registry. */
const OUT_OF_REACH =
  /NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|MaxRetryError|Temporary failure in name|Name or service not known|Failed to establish|from versions: none/

/** This machine has no Python, or pip reaches no registry: a run counts as passed. */
export class Skipped extends Error {}

/** The interpreter of a virtual environment that has the packages of a requirements file; it is made once. @throws Skipped */
export function preparedPython(requirements: string): string {
  const version = versionOf('python3')
  const key = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const environment = join(ENVIRONMENTS, key)
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const marker = join(environment, 'installed')
  if (existsSync(marker)) return python
  rmSync(environment, { recursive: true, force: true })
  mkdirSync(environment, { recursive: true })
  console.log(`installing ${packagesIn(requirements).join(' and ')} for ${version} …`)
  const venv = spawnSync('python3', ['-m', 'venv', environment], { encoding: 'utf8' })
  if (venv.status !== 0) throw new Skipped('python3 -m venv does not work here')
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
  const pip = spawnSync(python, [...install, '--timeout', '30', '--requirement', requirements], { encoding: 'utf8' })
  if (pip.status !== 0) {
    if (OUT_OF_REACH.test(pip.stderr)) throw new Skipped('pip does not reach its registry')
    throw new Error(`pip install failed:\n${pip.stderr}`)
  }
  writeFileSync(marker, '')
  return python
}

/** The lines of a requirements file. */
export function packagesIn(requirements: string): string[] {
  return readFileSync(requirements, 'utf8').trim().split('\n')
}

/** `Python 3.11.7` @throws Skipped */
export function versionOf(python: string): string {
  const { status, stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' })
  const version = status === 0 ? stdout.trim() : ''
  const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined) throw new Skipped('there is no python3')
  if (Number(major) !== 3 || Number(minor) < OLDEST_MINOR) throw new Skipped(`${version} is too old`)
  return version
}

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import { GATEWAY_KEY, startSandboxGateway } from '../sdk/gateways.ts'
import { failing } from './failing-upstream.ts'

/**
 * npm run test:python: the openai package for Python against a gateway with its sandbox, and against one whose upstream
 * fails on demand. Installs the packages into a virtual environment under node_modules/.cache once. Where there is no
 * Python, or pip does not reach its registry, it says so and counts as passed.
 */
const HERE = import.meta.dirname
const ROOT = join(HERE, '../..')
const REQUIREMENTS = join(HERE, 'requirements.txt')
/** Python 3.11 is what the packages ask for. */
const OLDEST_MINOR = 11
/** pip's words when it reaches no registry. */
const OUT_OF_REACH =
  /NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|MaxRetryError|Temporary failure in name|Name or service not known|Failed to establish|from versions: none/

class Skipped extends Error {}

/** The interpreter of an environment that has the packages. */
function preparedPython(): string {
  const version = versionOf('python3')
  const key = createHash('sha256').update(version).update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16)
  const environment = join(ROOT, 'node_modules/.cache/test-python', key)
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const marker = join(environment, 'installed')
  if (existsSync(marker)) return python
  rmSync(environment, { recursive: true, force: true })
  mkdirSync(environment, { recursive: true })
  console.log(`installing ${packages().join(' and ')} for ${version} …`)
  const venv = spawnSync('python3', ['-m', 'venv', environment], { encoding: 'utf8' })
  if (venv.status !== 0) throw new Skipped('python3 -m venv does not work here')
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
  const pip = spawnSync(python, [...install, '--timeout', '30', '--requirement', REQUIREMENTS], { encoding: 'utf8' })
  if (pip.status !== 0) {
    if (OUT_OF_REACH.test(pip.stderr)) throw new Skipped('pip does not reach its registry')
    throw new Error(`pip install failed:\n${pip.stderr}`)
  }
  writeFileSync(marker, '')
  return python
}

function packages(): string[] {
  return readFileSync(REQUIREMENTS, 'utf8').trim().split('\n')
}

/** `Python 3.11.7` */
function versionOf(python: string): string {
  const { status, stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' })
  const version = status === 0 ? stdout.trim() : ''
  const [, major, minor] = /^Python (\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined) throw new Skipped('there is no python3')
  if (Number(major) !== 3 || Number(minor) < OLDEST_MINOR) throw new Skipped(`${version} is too old`)
  return version
}

/** Runs the tests; what they print goes to the terminal. */
async function run(python: string): Promise<number> {
  const sandbox = await startSandboxGateway({ MAX_UPLOAD_BYTES: '4000000' })
  // In real time: no test in Python can set a clock forward.
  const world = openWorld(await scriptedUpstream(failing), {
    DATABASE: 'true',
    UPSTREAM_RETRIES: '0',
    UPSTREAM_TIMEOUT_MS: '2000',
  })
  const [gateway, other] = await Promise.all([world.start(), world.start()])
  const child = spawn(python, ['-m', 'unittest', 'discover', '--start-directory', HERE], {
    stdio: 'inherit',
    env: {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      OPENAI_BASE_URL: `${sandbox.url}/v1`,
      OPENAI_API_KEY: GATEWAY_KEY,
      FAILING_BASE_URL: `${gateway.url}/v1`,
      // Another gateway with the same database and upstream.
      OTHER_BASE_URL: `${other.url}/v1`,
      UPSTREAM_URL: world.upstream.url,
    },
  })
  const [code] = (await once(child, 'close')) as [number | null]
  await Promise.all([sandbox.close(), world.close()])
  return code ?? 1
}

try {
  const python = preparedPython()
  const code = await run(python)
  console.log(`${packages().join(', ')} on ${versionOf(python)}: ${code === 0 ? 'all tests passed' : 'tests FAILED'}`)
  process.exitCode = code
} catch (error) {
  if (!(error instanceof Skipped)) throw error
  console.log(`test:python skipped: ${error.message}`)
}

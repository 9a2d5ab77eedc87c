import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packagesIn, preparedPython, Skipped, versionOf } from '../helpers/python.ts'
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
const REQUIREMENTS = join(HERE, 'requirements.txt')
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
  const python = preparedPython(REQUIREMENTS)
  const code = await run(python)
  console.log(
    `${packagesIn(REQUIREMENTS).join(', ')} on ${versionOf(python)}: ${code === 0 ? 'all tests passed' : 'tests FAILED'}`,
  )
  process.exitCode = code
} catch (error) {
  if (!(error instanceof Skipped)) throw error
  console.log(`test:python skipped: ${error.message}`)
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryDirectory } from '../helpers/directory.ts'
import { packagesIn, preparedPython, Skipped } from '../helpers/python.ts'
import { startGateway } from '../helpers/gateway.ts'

/**
 * npm run test:openapi: is the document valid OpenAPI 3.1, and does a gateway with its sandbox keep to it, whatever
 * schemathesis makes of its schemas? Skipped without Python, or where pip does not reach its registry. `-- --examples 200`.
 */
const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt')
const ADMIN_KEY = 'sk-admin-of-the-document-0123456789'
/** A seed, for the same requests in each run. */
const OPTIONS = [
  '--seed=20261125',
  '--phases=examples,fuzzing',
  '--no-color',
  '--generation-database=none',
  '--suppress-health-check=all',
] as const
const CHECKS = {
  /** Of every operation. */
  all: [
    'not_a_server_error',
    'status_code_conformance',
    'content_type_conformance',
    'response_schema_conformance',
    'ignored_auth',
  ],
  /** Not of forms, which schemathesis cannot make of these schemas; not of orders and their checks, whose rules across parameters no schema says. */
  exact: ['positive_data_acceptance', 'negative_data_rejection'],
} as const

async function run(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, {
    cwd: import.meta.dirname,
    stdio: 'inherit',
    env: {
      PATH: process.env['PATH'],
      SCHEMATHESIS_HOOKS: 'hooks',
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

async function schemathesis(program: string, url: string, directory: string, args: readonly string[]): Promise<number> {
  const examples = process.argv[process.argv.indexOf('--examples') + 1] ?? ''
  const most = /^\d+$/.test(examples) ? examples : '10'
  return run(program, [
    'run',
    join(directory, 'openapi.json'),
    `--url=${url}`,
    `--header=Authorization: Bearer ${ADMIN_KEY}`,
    `--max-examples=${most}`,
    ...OPTIONS,
    ...args,
  ])
}

async function test(python: string): Promise<number> {
  const directory = temporaryDirectory()
  const gateway = await startGateway('', {
    SANDBOX: 'true',
    SANDBOX_LATENCY_MS: '0',
    DATABASE: 'true',
    LOG_LEVEL: 'error',
    ADMIN_KEY,
    METRICS_TOKEN: ADMIN_KEY.replace('admin', 'metrics'),
    AUTH_FAILURES_PER_MINUTE: '1000000',
    CHECK_RATE_LIMIT_RPM: '0',
  })
  try {
    const file = join(directory.path, 'openapi.json')
    writeFileSync(file, await (await gateway.get('/gateway/openapi.json')).text())
    const bin = (name: string): string => join(dirname(python), name)
    const isInvalid = await run(bin('openapi-spec-validator'), ['--schema', '3.1', file])
    if (isInvalid !== 0) return isInvalid
    const program = bin('schemathesis')
    const orders = [
      '--include-path-regex',
      '^/(v1/images/generations|gateway/check)$',
      '--checks',
      CHECKS.all.join(','),
    ]
    const others = [
      '--exclude-path-regex',
      '^/(v1/images|gateway/check)',
      '--checks',
      [...CHECKS.all, ...CHECKS.exact].join(','),
    ]
    return (
      (await schemathesis(program, gateway.url, directory.path, others)) ||
      (await schemathesis(program, gateway.url, directory.path, orders))
    )
  } finally {
    await gateway.close()
    directory.remove()
  }
}

try {
  process.exitCode = await test(preparedPython(REQUIREMENTS))
  console.log(`${packagesIn(REQUIREMENTS).join(', ')}: ${process.exitCode === 0 ? 'no failure' : 'FAILED'}`)
} catch (error) {
  if (!(error instanceof Skipped)) throw error
  console.log(`test:openapi skipped: ${error.message}`)
}

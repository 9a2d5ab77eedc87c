import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { temporaryDirectory } from '../helpers/directory.ts'
import { startProgram } from '../helpers/gateways/command.ts'
import { newPrompt } from '../helpers/new-orders.ts'

/**
 * npm run test:package: packs the project, installs the package into an empty folder, and uses it from there as npx does. Skipped
 * where npm reaches no registry.
 */
const ROOT = join(import.meta.dirname, '../..')
/** Folders and files of the package; nothing else may be in it. */
const PACKED = /^(bin|dist|sandbox|src|docs)\/|^(\.env\.example|CHANGELOG\.md|LICENSE|README\.md|package\.json)$/
const OUT_OF_REACH = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/

class Skipped extends Error {}

function npm(directory: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: directory, encoding: 'utf8' })
  if (status === 0) return stdout
  if (OUT_OF_REACH.test(stderr)) throw new Skipped('npm reaches no registry')
  throw new Error(`npm ${args.join(' ')}: ${stderr}`)
}

function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not so: ${what}`)
  console.log(`  ${what}`)
}

/** @returns the file of the package */
function packed(directory: string): string {
  const [report] = JSON.parse(npm(ROOT, 'pack', '--json', '--silent', '--pack-destination', directory)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ]
  const strangers = report.files.map(({ path }) => path).filter((path) => !PACKED.test(path))
  expect(strangers.length === 0, `the package has what it needs and nothing else ${strangers.join(' ')}`)
  return join(directory, report.filename)
}

async function saysWhatToSet(directory: string): Promise<void> {
  const { code, stderr } = await startProgram('npx', ['--no', 'comet-gateway'], {
    directory,
    environment: { PORT: '0' },
  }).done
  const lines = stderr.trim().split('\n')
  expect(code === 78 && lines.length === 3, 'without a key and a sandbox it ends with code 78 and three lines')
  expect(stderr.includes('COMETAPI_KEY') && stderr.includes('SANDBOX=true npx comet-gateway'), 'they say how to go on')
}

async function serves(directory: string): Promise<void> {
  const environment = { SANDBOX: 'true', SANDBOX_LATENCY_MS: '0', PORT: '0', LOG_FORMAT: 'json' }
  const gateway = startProgram(join(directory, 'node_modules/.bin/comet-gateway'), [], { directory, environment })
  const [, url = ''] = await gateway.printed(/listens on (http:\S+)\/v1/)
  const response = await fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: newPrompt(), quality: 'low' }),
  })
  expect((await response.text()).includes('b64_json'), 'with the sandbox it makes a picture')
  expect((await fetch(`${url}/docs`)).ok && (await fetch(`${url}/metrics`)).ok, 'it has its page and its metrics')
  gateway.kill('SIGTERM')
  expect((await gateway.done).code === 0, 'it ends well')
}

const directory = temporaryDirectory()
try {
  const file = packed(directory.path)
  npm(directory.path, 'install', '--no-audit', '--no-fund', '--silent', file)
  await saysWhatToSet(directory.path)
  await serves(directory.path)
} catch (error) {
  if (!(error instanceof Skipped)) throw error
  console.log(`test:package skipped: ${error.message}`)
} finally {
  directory.remove()
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const SENTENCE =
  'The sandbox draws its pictures with the package sharp, which is not installed: npm install --include=optional'
let install: string

/** A copy of the project whose node_modules has everything but sharp and its native parts. */
beforeAll(() => {
  install = mkdtempSync(join(tmpdir(), 'without-sharp-'))
  for (const name of ['bin', 'src', 'sandbox', 'package.json'])
    cpSync(join(ROOT, name), join(install, name), { recursive: true })
  mkdirSync(join(install, 'node_modules'))
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => !['sharp', '@img'].includes(each)))
    symlinkSync(join(ROOT, 'node_modules', name), join(install, 'node_modules', name))
})
afterAll(() => rmSync(install, { recursive: true }))

function start(args: readonly string[], environment: Record<string, string>) {
  const env = { PATH: process.env['PATH'], PORT: '0', DATABASE: 'false', ...environment }
  const child = spawn(process.execPath, [join(install, 'bin/comet-gateway.js'), ...args], { cwd: install, env })
  const printed = { stdout: '', stderr: '' }
  child.stdout.on('data', (text: Buffer) => (printed.stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (printed.stderr += text.toString()))
  return { child, printed, done: once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed })) }
}

describe('without sharp', () => {
  it.each([
    ['the sandbox', [], { SANDBOX: 'true' }],
    ['the demo', ['demo', '--once'], {}],
  ])('%s says in one sentence what is missing and how to get it', async (_what, args, environment) => {
    const { code, stderr } = await start(args, environment).done
    expect(code).toBe(78)
    expect(stderr).toBe(`The configuration is not usable:\n  - ${SENTENCE}\n`)
  })

  it('the gateway serves', async () => {
    const { child, printed, done } = start([], { COMETAPI_KEY: 'sk-not-a-real-key', LOG_FORMAT: 'json' })
    while (!printed.stdout.includes('listens on')) await once(child.stdout, 'data')
    const [, url = ''] = /listens on (http:\S+)\/v1/.exec(printed.stdout) ?? []
    const check = await fetch(`${url}/gateway/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"gpt-image-2","prompt":"a boat"}',
    })
    expect(await check.json()).toMatchObject({ valid: true })
    child.kill('SIGTERM')
    expect(await done).toMatchObject({ code: 0, stderr: '' })
  })
})

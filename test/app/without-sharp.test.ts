import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import type { RunningCommand } from '../helpers/gateways/command.ts'
import type { TemporaryDirectory } from '../helpers/directory.ts'

const ROOT = join(import.meta.dirname, '../..')
const SENTENCE =
  'The sandbox draws its pictures with the package sharp, which is not installed: npm install --include=optional'
let install: TemporaryDirectory

/** A copy of the project whose node_modules has everything but sharp and its native parts. */
beforeAll(() => {
  install = temporaryDirectory()
  for (const name of ['bin', 'src', 'sandbox', 'package.json'])
    cpSync(join(ROOT, name), join(install.path, name), { recursive: true })
  mkdirSync(join(install.path, 'node_modules'))
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => !['sharp', '@img'].includes(each)))
    symlinkSync(join(ROOT, 'node_modules', name), join(install.path, 'node_modules', name))
})
afterAll(() => install.remove())

const start = (args: readonly string[], environment: Record<string, string>): RunningCommand =>
  startProgram(process.execPath, [join(install.path, 'bin/comet-gateway.js'), ...args], {
    directory: install.path,
    environment: { PORT: '0', DATABASE: 'false', ...environment },
  })

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
    const gateway = start([], { COMETAPI_KEY: 'sk-not-a-real-key', LOG_FORMAT: 'json' })
    const [, url = ''] = await gateway.printed(/listens on (http:\S+)\/v1/)
    const check = await fetch(`${url}/gateway/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"gpt-image-2","prompt":"a boat"}',
    })
    expect(await check.json()).toMatchObject({ valid: true })
    gateway.kill('SIGTERM')
    expect(await gateway.done).toMatchObject({ code: 0, stderr: '' })
  })
})

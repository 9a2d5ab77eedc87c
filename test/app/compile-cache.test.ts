import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BIN, startProgram } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import type { TemporaryDirectory } from '../helpers/directory.ts'

let home: TemporaryDirectory
let temporary: TemporaryDirectory
beforeEach(() => {
  home = temporaryDirectory()
  temporary = temporaryDirectory()
})
afterEach(() => {
  home.remove()
  temporary.remove()
})

/** Starts a gateway as a user with this home would, and gives what it printed until it was stopped. */
async function printedBy(environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const running = startProgram(process.execPath, [BIN], {
    directory: home.path,
    environment: {
      HOME: home.path,
      TMPDIR: temporary.path,
      NODE_COMPILE_CACHE: '',
      COMETAPI_KEY: 'sk-not-a-real-key',
      PORT: '0',
      DATABASE: 'false',
      LOG_FORMAT: 'json',
      ...environment,
    },
  })
  await running.printed(/listens on/)
  running.kill('SIGTERM')
  const { code, stdout, stderr } = await running.done
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const cache = (): string => join(home.path, '.cache/comet-gateway')

describe('compiled code', () => {
  it('is kept in a directory of the user’s own, and not where anybody can have planted some', async () => {
    expect(await printedBy()).not.toContain('compiled code')
    expect(readdirSync(temporary.path)).toEqual([])
    expect(statSync(cache()).mode & 0o777).toBe(0o700)
    expect(readdirSync(cache(), { recursive: true }).length).toBeGreaterThan(10)
  })

  it.each([
    ['others can write to', () => mkdirSync(cache(), { recursive: true }), () => chmodSync(cache(), 0o777)],
    ['is a link', () => mkdirSync(join(home.path, '.cache')), () => symlinkSync(join(temporary.path), cache())],
    [
      'stands where others can put another',
      () => mkdirSync(cache(), { recursive: true, mode: 0o700 }),
      () => chmodSync(join(home.path, '.cache'), 0o777),
    ],
  ])('is not taken from a directory that %s, and that is said', async (_what, make, open) => {
    make()
    open()
    expect(await printedBy()).toContain(`${cache()} is not used for compiled code`)
    expect(readdirSync(cache())).toEqual([])
    expect(readdirSync(temporary.path)).toEqual([])
  })

  it('is not kept where there is no place for it, and the gateway starts all the same', async () => {
    expect(await printedBy({ HOME: '/dev/null' })).not.toContain('compiled code')
    expect(existsSync(cache())).toBe(false)
  })
})

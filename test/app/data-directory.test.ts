import { chmodSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findingAbout } from '../../src/app/data-directory.ts'
import { command } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { startGateway } from '../helpers/gateway.ts'
import type { TemporaryDirectory } from '../helpers/directory.ts'

let directory: TemporaryDirectory
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => directory.remove())

describe.runIf(process.getuid !== undefined)('a data directory', () => {
  it('of this user alone, or that is not there, is nothing to speak of', () => {
    expect(findingAbout(directory.path)).toBeUndefined()
    expect(findingAbout(`${directory.path}/missing`)).toBeUndefined()
  })

  it('that others can look into is said', () => {
    chmodSync(directory.path, 0o755)
    expect(findingAbout(directory.path)).toEqual({
      isDangerous: false,
      says: `other users can look into DATA_DIR (${directory.path}); it should be this user's alone (chown, chmod 700)`,
    })
  })

  it.each([
    [0o755, 30],
    [0o777, 40],
  ])('with mode %o is said at the start, with level %i', async (mode, level) => {
    chmodSync(directory.path, mode)
    const gateway = await startGateway('http://127.0.0.1:1', { DATA_DIR: directory.path })
    const said = gateway.lines.map((line) => JSON.parse(line) as { level: number; msg: string })
    expect(said).toContainEqual(expect.objectContaining({ level, msg: expect.stringContaining('DATA_DIR') as unknown }))
    await gateway.close()
  })

  it('that others can write to is what the doctor finds wrong', async () => {
    const environment = { SANDBOX: 'true', DATA_DIR: directory.path }
    chmodSync(directory.path, 0o777)
    const { code, stdout } = await command(directory.path, ['doctor'], { environment })
    expect(code).toBe(1)
    expect(stdout).toMatch(/NO +data directory +other users can put files of theirs into DATA_DIR/)
  })
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createApp } from '../../src/app/app.ts'
import { createServer } from '../../src/app/server.ts'
import { readConfig } from '../../src/config/config.ts'
import { temporaryDirectory } from '../helpers/directory.ts'

vi.mock(import('../../src/app/server.ts'), async (original) => ({ ...(await original()), createServer: vi.fn() }))

it('an app that cannot be made closes its database and its sandbox again', async () => {
  const { path: directory, remove } = temporaryDirectory()
  const listening = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
  const log = join(directory, 'gateway.db-wal') // SQLite removes it with the last connection
  const before = listening()
  vi.mocked(createServer).mockImplementationOnce(() => {
    expect(listening()).toBe(before + 1)
    expect(existsSync(log)).toBe(true)
    throw new Error('no server today')
  })
  const config = readConfig({ SANDBOX: 'true', DATA_DIR: directory, LOG_LEVEL: 'silent' })
  await expect(createApp(config)).rejects.toThrow('no server today')
  expect(createServer).toHaveBeenCalledOnce()
  expect(listening()).toBe(before)
  expect(existsSync(log)).toBe(false)
  remove()
})

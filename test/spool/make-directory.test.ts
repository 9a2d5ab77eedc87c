import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeDirectory } from '../../src/spool/make-directory.ts'
import { temporaryDirectory } from '../helpers/directory.ts'

const { path: root, remove } = temporaryDirectory()
afterAll(remove)

it('makes what is missing, for this user only, and leaves what is there', () => {
  makeDirectory(join(root, 'a/b'))
  makeDirectory(join(root, 'a/b'))
  expect(statSync(join(root, 'a/b')).mode & 0o777).toBe(0o700)
})

it('says so where a file is in the way', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => makeDirectory(join(root, 'file/b'))).toThrow(/ENOTDIR/)
})

it.skipIf(!existsSync('/proc/self'))('does not try for ever where nothing can be made', () => {
  expect(() => makeDirectory('/proc/comet-gateway/data')).toThrow(/ENOENT/)
})

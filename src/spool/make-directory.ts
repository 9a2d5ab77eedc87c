import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../errors/system-error.ts'

/**
 * Makes a directory and those above it that are missing, for this user only. Node's own `recursive` tries for ever where
 * the system says that a directory above is missing which is there, as in /proc (Node 26).
 * @throws the system's error
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  makeOneDirectory(path)
}

/** Makes a directory in one that is there, for this user only. @throws the system's error */
export function makeOneDirectory(path: string): void {
  if (existsSync(path)) return
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have been faster.
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

// @ts-check
// Plain JavaScript: to strip the types of a single file, Node loads a compiler, which takes 50 ms.
import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isOursAlone } from '../spool/private-directory.js'

/**
 * Keeps compiled code and stripped types on disk, which takes two thirds off the time to start. Code from this cache runs
 * with the gateway's keys, so it has a directory of its own: Node's default is a name in the system's temporary directory
 * that any user of the machine can have made first. Called before anything else is imported; any number of calls.
 * @param {() => string} home
 * @returns {string | undefined} a sentence for the log, if the directory is there and cannot be trusted. One that cannot be
 *   made is no problem: nothing is kept then.
 */
export function keepCompiledCode(home = homedir) {
  try {
    const directory = join(home(), '.cache', 'comet-gateway')
    for (const path of [join(home(), '.cache'), directory]) make(path)
    if (!isOursAlone(directory))
      return `${directory} is not used for compiled code: other users can change it, or a directory above it`
    enableCompileCache(directory)
    return undefined
  } catch {
    return undefined
  }
}

/** @type {(directory: string) => void} */
function make(directory) {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Most often it is there, and another process may have been faster.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

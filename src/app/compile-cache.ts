import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makeDirectory } from '../spool/make-directory.ts'
import { isOursAlone } from '../spool/private-directory.ts'

/**
 * Keeps compiled code and stripped types on disk, which halves the time to start. Code from this cache runs with the
 * gateway's keys, so it has a directory of its own: Node's default is a name in the system's temporary directory that
 * any user of the machine can have made first.
 * @returns a sentence for the log, if the directory is there and cannot be trusted. One that cannot be made is no problem:
 *   nothing is kept then.
 */
export function keepCompiledCode(home: () => string = homedir): string | undefined {
  try {
    const directory = join(home(), '.cache', 'comet-gateway')
    makeDirectory(directory)
    if (!isOursAlone(directory))
      return `${directory} is not used for compiled code: other users can change it, or a directory above it`
    enableCompileCache(directory)
    return undefined
  } catch {
    return undefined
  }
}

import { readFileSync } from 'node:fs'

/** Assumed where the system does not say: the usual limit of a shell. */
const USUAL_LIMIT = 1024

/** How many files and connections this process may have open at once; Node raises its limit to the hard one at its start. */
export function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? USUAL_LIMIT : Number(soft)
  } catch {
    return USUAL_LIMIT
  }
}

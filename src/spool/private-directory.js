// @ts-check
// Plain JavaScript: needed before the directory of stripped types can be trusted (src/app/compile-cache.js).
import { lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const ROOT_UID = 0
/** Bits of a mode: others may read or enter; others may write; only owners may replace files (sticky). */
const OTHERS_READ = 0o055
const OTHERS_WRITE = 0o022
const OTHERS = OTHERS_READ | OTHERS_WRITE
const STICKY = 0o1000

/**
 * The most that other users may do in a directory; undefined if they may do nothing, or the system has no such rights
 * (Windows). A link is followed. Root is not counted, who may do everything.
 * @param {string} directory
 * @returns {'write' | 'read' | undefined}
 * @throws the system's error
 */
export function rightsOfOthers(directory) {
  const own = process.getuid?.()
  if (own === undefined) return undefined
  const { mode, uid } = statSync(directory)
  if ((mode & OTHERS_WRITE) !== 0 || !isTrusted(uid, own)) return 'write'
  return (mode & OTHERS_READ) === 0 ? undefined : 'read'
}

/**
 * Whether other users can put a file, or a link, in the place of one of ours.
 * @param {string} directory
 * @returns {boolean}
 * @throws the system's error
 */
export function canBeReplacedIn(directory) {
  const own = process.getuid?.()
  if (own === undefined) return false
  const { mode, uid } = statSync(directory)
  return !isTrusted(uid, own) || ((mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0)
}

/**
 * Whether a directory is this user's and nobody else's: no link, closed to others, and in a place where others cannot put
 * another one in its stead.
 * @param {string} directory
 * @returns {boolean}
 * @throws the system's error
 */
export function isOursAlone(directory) {
  const own = process.getuid?.()
  if (own === undefined) return true
  const stats = lstatSync(directory)
  if (!stats.isDirectory() || stats.uid !== own || (stats.mode & OTHERS) !== 0) return false
  for (let above = dirname(realpathSync(directory)); !canBeReplacedIn(above); above = dirname(above))
    if (above === dirname(above)) return true
  return false
}

/** @type {(uid: number, own: number) => boolean} */
function isTrusted(uid, own) {
  return uid === own || uid === ROOT_UID
}

import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** How many files below a directory a process holds open, those without a name included. Needs /proc. */
export function openFilesBelow(directory: string, pid: number | 'self' = 'self'): number {
  const descriptors = `/proc/${pid}/fd`
  return readdirSync(descriptors).filter((fd) => {
    try {
      return readlinkSync(join(descriptors, fd)).startsWith(`${directory}/`)
    } catch {
      return false // closed meanwhile
    }
  }).length
}

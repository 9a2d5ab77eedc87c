import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Whether this user may mount: in a container, often not. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false
  const probe = `/tmp/comet-mount-${process.pid}`
  mkdirSync(probe)
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0
  if (isMounted) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true })
  return isMounted
}

/** A disk of its own, in memory, as small as a test needs it. */
export class MountedDisk {
  readonly path: string
  readonly #filler: string

  /** Makes a directory below, on which nothing is mounted yet. */
  constructor(directory: string) {
    this.path = join(directory, 'disk')
    this.#filler = join(this.path, 'filler')
    mkdirSync(this.path)
  }

  /** @param options those of tmpfs: `size=64m` */
  mount(options: string): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', this.path])
  }

  /** Unmounts it, also while somebody has files there. */
  unmount(): void {
    spawnSync('umount', ['--lazy', this.path])
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Fills it to the last byte. */
  fill(): void {
    const file = openSync(this.#filler, 'w')
    try {
      for (let size = 65_536; size >= 1; size = Math.floor(size / 16)) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size))
        } catch {
          // smaller pieces fit still
        }
      }
    } finally {
      closeSync(file)
    }
  }

  /** Removes what `fill` wrote. */
  empty(): void {
    rmSync(this.#filler)
  }
}

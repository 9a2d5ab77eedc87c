import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory {
  readonly path: string
  /** Deletes it with everything below. */
  readonly remove: () => void
}

const left = new Set<string>()

/** A new directory under the system's temporary one. What a failed test leaves is deleted when the process ends. */
export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'comet-test-'))
  if (left.size === 0) process.once('exit', removeAll)
  left.add(path)
  return { path, remove: () => remove(path) }
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true })
  left.delete(path)
  if (left.size === 0) process.off('exit', removeAll)
}

function removeAll(): void {
  for (const path of left) rmSync(path, { recursive: true, force: true })
}

import { inspect } from 'node:util'

/** As long as a busy machine may take; below the time that vitest gives a test, so that this error is the one shown. */
const PATIENCE_MS = 30_000
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 25

/**
 * Polls until `check` gives something other than `false`, and returns that. A check that throws, as a failed `expect`
 * does, is tried again.
 * @throws Error that names what was waited for and what the last check gave or threw
 */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + patienceMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const isLast = performance.now() >= deadline
    try {
      const value = await check()
      if (value !== false) return value as Exclude<T, false>
      if (isLast) throw new Error('the check gave false')
    } catch (cause) {
      if (isLast) throw new Error(`not within ${patienceMs} ms: ${what}; at last, ${said(cause)}`, { cause })
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

function said(cause: unknown): string {
  return cause instanceof Error ? cause.message : inspect(cause)
}

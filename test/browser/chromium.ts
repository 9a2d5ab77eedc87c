import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** Debian's package; another one by CHROMIUM. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Without a browser the tests are skipped on a developer's machine, and fail in CI. */
export const isWithoutBrowser = !existsSync(EXECUTABLE) && process.env['CI'] === undefined
if (isWithoutBrowser)
  console.warn(`Skipped: there is no ${EXECUTABLE}. Install it (apt-get install chromium) or set CHROMIUM.`)

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
}

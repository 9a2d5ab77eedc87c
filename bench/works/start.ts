import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../machine/children.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { untilReady } from '../machine/ready.ts'
import { gateway } from '../systems/gateway.ts'
import type { Extent } from './work.ts'

const TIMES: Readonly<Record<Extent, number>> = { full: 7, quick: 3, short: 1 }
const READY_MS = 20_000

/** Starts the gateway several times in a row; milliseconds to its first answer, without the first, which fills the caches. */
export async function measureStart(extent: Extent): Promise<number[]> {
  const directory = mkdtempSync(join(tmpdir(), 'comet-bench-'))
  const times: number[] = []
  try {
    const port = await freePort()
    const { launch } = await gateway.start({ port, directory, upstream: { url: 'http://127.0.0.1:9' } })
    for (let run = 0; run <= TIMES[extent]; run++) {
      const child = start('system', launch, join(directory, 'log'))
      const ms = await untilReady(child, `http://127.0.0.1:${port}/readyz`, READY_MS)
      await child.stop()
      if (run > 0) times.push(Math.round(ms))
    }
    return times
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

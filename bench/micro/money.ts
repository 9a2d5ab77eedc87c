import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LedgerWriter } from '../../src/accounting/ledger-writer.ts'
import { openStore, settlement } from '../store/orders.ts'
import type { Part, Suite } from './part.ts'

/** Requests at once, which share commits. */
const CROWDS = [1, 8, 32] as const

/** Look a key up, hold, settle: in a database of its own. */
export async function money(): Promise<Suite> {
  const directory = mkdtempSync(join(tmpdir(), 'comet-micro-'))
  const opened = await openStore(directory)
  const writer = new LedgerWriter({ ledger: opened.instance.ledger, onWriteFailed: console.error })
  let index = 0
  const request = async (): Promise<void> => writer.settle(await writer.hold(opened.orderOf(index++)), settlement())
  const partOf = (crowd: number): Part => ({
    title: `hold and settle, ${crowd} at once`,
    requests: crowd,
    run: () => Promise.all(Array.from({ length: crowd }, request)),
  })
  return {
    parts: CROWDS.map(partOf),
    close: async () => {
      await writer.idle()
      opened.close()
      rmSync(directory, { recursive: true })
    },
  }
}

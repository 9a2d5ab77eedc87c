import { PerformanceObserver, constants } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { gatheredPieces } from '../../src/spool/gathered-pieces.ts'

const CHUNKS = 8000
const CHUNK_BYTES = 65_536

it('half a gigabyte of bodies does not make V8 go through all of its heap', async () => {
  let all = 0
  let young = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { detail: { kind: number } }).detail
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) all++
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) young++
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let count = 0; count < CHUNKS; count++) {
      yield Buffer.allocUnsafeSlow(CHUNK_BYTES)
      if (count % 16 === 0) await setImmediate()
    }
  }
  let bytes = 0
  for await (const piece of gatheredPieces(Readable.from(chunks(), { objectMode: false }))) bytes += piece.length
  await setImmediate() // the observer is told in a later turn
  observer.disconnect()
  expect(bytes).toBe(CHUNKS * CHUNK_BYTES)
  expect(young).toBeGreaterThan(20)
  expect(all).toBeLessThan(3) // 9 where nobody asks for the young
})

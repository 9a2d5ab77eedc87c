import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generate } from '../../bench/load/generator.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import type { AddressInfo } from 'node:net'

const PER_SECOND = 50
const STALL_MS = 400

describe('the open loop of the benchmark', () => {
  it('counts a stall for every request that begins meanwhile, not for one of them', async () => {
    const directory = temporaryDirectory()
    onTestFinished(directory.remove)
    let requests = 0
    const server = createServer((_request, response) => {
      if (++requests === 10) stall()
      response.end('{}')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const target = { url: `http://127.0.0.1:${port}`, headers: {}, body: '{}' }
    const figures = await generate(target, { kind: 'open', perSecond: PER_SECOND, seconds: 1 }, directory.path)
    expect(figures).toMatchObject({ requests: PER_SECOND, errors: 0 })
    // 20 of 50 begin in the stall; one by one, a single request would wait and the 95th percentile would not see it.
    expect(figures.p95).toBeGreaterThan(STALL_MS / 2)
  })
})

/** Nothing is answered meanwhile: the event loop is busy. */
function stall(): void {
  const endsAt = performance.now() + STALL_MS
  while (performance.now() < endsAt);
}

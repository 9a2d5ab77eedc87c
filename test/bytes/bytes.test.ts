import { afterAll, describe, expect, it } from 'vitest'
import { trustedCertificate } from '../helpers/certificate.ts'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { byteRun } from './byte-run.ts'
import { startByteUpstream } from './byte-upstream.ts'
import { stalledClients } from './stalled-clients.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ByteUpstreamOptions, ByteUpstream } from './byte-upstream.ts'

/** Slabs that may be in use at once (src/spool/slab-pool.ts). */
const MOST_SLABS = 128

const closers: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

async function start(
  options: ByteUpstreamOptions,
  environment: Record<string, string> = {},
): Promise<{ upstream: ByteUpstream; gateway: TestGateway }> {
  const upstream = await startByteUpstream(options)
  closers.push(async () => upstream.close())
  const gateway = await startGateway(upstream.url, environment)
  closers.push(async () => gateway.close())
  return { upstream, gateway }
}

/** Connections upstream that are idle may hold some until they are closed. */
async function allSlabsBack({ app }: TestGateway, upstream: ByteUpstream): Promise<void> {
  upstream.closeConnections()
  await eventually('all slabs are given back', () => app.slabsInUse() === 0)
}

// Released slabs are overwritten in tests (test/poison-slabs.ts).
describe('answers that are read into memory used before', () => {
  it.each([
    ['http', undefined],
    ['https', trustedCertificate()],
  ])('reach every client byte for byte, however it reads: %s', async (_, certificate) => {
    const { upstream, gateway } = await start({
      mostBytes: 1_500_000,
      ...(certificate === undefined ? {} : { certificate }),
    })
    const { url } = gateway
    const { wrong, whole, adopted, parts } = await byteRun({ url, upstream, orders: 30, atOnce: 8 })
    expect(wrong).toEqual([])
    expect(whole).toBeGreaterThan(10)
    expect(adopted).toBeGreaterThan(0)
    expect(parts).toBeGreaterThan(0)
    await allSlabsBack(gateway, upstream)
  })

  it('are right where nothing is kept, so that each slab is used again at once', async () => {
    const { upstream, gateway } = await start({ mostBytes: 2_000_000 }, { ORPHAN_TTL_MS: '0' })
    const { wrong, whole } = await byteRun({ url: gateway.url, upstream, orders: 24, atOnce: 8 })
    expect(wrong).toEqual([])
    expect(whole).toBeGreaterThan(10)
    await allSlabsBack(gateway, upstream)
  })

  it('reach other clients while many do not read theirs, who get theirs all the same, and no more memory is taken', async () => {
    const { upstream, gateway } = await start({ mostBytes: 7_000_000 })
    const { goOn } = await stalledClients(gateway.url, upstream, 24)
    const others = await byteRun({ url: gateway.url, upstream, orders: 12, atOnce: 3 })
    expect(others.wrong).toEqual([])
    expect(gateway.app.slabsInUse()).toBeLessThanOrEqual(MOST_SLABS)
    expect(await goOn()).toEqual([])
    await allSlabsBack(gateway, upstream)
  })
})

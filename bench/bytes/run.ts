import { parseArgs } from 'node:util'
import { poisonReleasedSlabs } from '../../src/spool/slab.ts'
import { byteRun } from '../../test/bytes/byte-run.ts'
import { startByteUpstream } from '../../test/bytes/byte-upstream.ts'
import { stalledClients } from '../../test/bytes/stalled-clients.ts'
import { trustedCertificate } from '../../test/helpers/certificate.ts'
import { eventually } from '../../test/helpers/eventually.ts'
import { startGateway } from '../../test/helpers/gateway.ts'

/**
 * npm run bytes [-- --orders N --short]: random answers of up to 8 MB, over http and https, to clients that read slowly,
 * leave, come back and join in, with released slabs overwritten; then beside 200 clients that read nothing. Every byte is
 * compared, and every slab must come back.
 */
const { values } = parseArgs({
  options: { orders: { type: 'string', default: '2000' }, short: { type: 'boolean', default: false } },
})
const ORDERS = values.short ? 100 : Number(values.orders)
const STALLED = values.short ? 40 : 200
const MOST_SLABS = 128

poisonReleasedSlabs()
let wrongs = 0
const report = (what: string, wrong: readonly string[], more: string): void => {
  wrongs += wrong.length
  console.log(`${what.padEnd(34)} ${more}${wrong.length === 0 ? '' : `\n  WRONG ${wrong.join('\n  WRONG ')}`}`)
}

for (const [name, certificate] of [
  ['http', undefined],
  ['https', trustedCertificate()],
] as const) {
  const options = { mostBytes: 8_000_000, ...(certificate === undefined ? {} : { certificate }) }
  const upstream = await startByteUpstream(options)
  for (const [kept, environment] of [
    ['answers kept', {}],
    ['nothing kept', { ORPHAN_TTL_MS: '0' }],
  ] as const) {
    const gateway = await startGateway(upstream.url, environment)
    const { url } = gateway
    const { wrong, ...tally } = await byteRun({ url, upstream, orders: ORDERS / 2, atOnce: 12 })
    report(`${name}, ${kept}`, wrong, JSON.stringify(tally))
    const stalled = await stalledClients(url, upstream, STALLED)
    const beside = await byteRun({ url, upstream, orders: ORDERS / 20, atOnce: 4 })
    const inUse = gateway.app.slabsInUse()
    report(`${name}, ${kept}, beside ${STALLED}`, beside.wrong, `${beside.whole} whole, ${inUse} slabs in use`)
    if (inUse > MOST_SLABS) report('slabs', [`${inUse} in use`], '')
    report(`${name}, ${kept}, these`, await stalled.goOn(), 'all read')
    upstream.closeConnections()
    await eventually('all slabs are given back', () => gateway.app.slabsInUse() === 0)
    await gateway.close()
  }
  await upstream.close()
}
console.log(wrongs === 0 ? 'Every byte is right, and every slab came back.' : `${wrongs} answers are wrong.`)
process.exit(wrongs === 0 ? 0 : 1)

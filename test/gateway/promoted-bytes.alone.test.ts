import { afterAll, beforeAll, expect, it } from 'vitest'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { launchGateway, listening } from '../helpers/gateways/gateway-process.ts'
import { seriesIn } from '../helpers/gateways/metrics.ts'
import { NEW_ORDER } from '../helpers/new-orders.ts'
import { scriptedUpstream } from '../helpers/upstream.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const CLIENTS = 16
const ORDERS = 1600
const directory = temporaryDirectory()
let upstream: ScriptedUpstream
let gateway: GatewayProcess
let secret: string

beforeAll(async () => {
  upstream = await scriptedUpstream()
  const store = Store.forServing(directory.path)
  const settings = checkedSettings({ name: 'alice', budget: { limitMicros: 1e12, period: 'month' } })
  secret = (await new VirtualKeys(store.keys).create(settings, Date.now())).secret
  store.close()
  const environment = { DATA_DIR: directory.path, COMETAPI_BASE_URL: upstream.url }
  gateway = await listening(launchGateway(environment))
})
afterAll(async () => {
  gateway.signal('SIGTERM')
  await gateway.ended()
  await upstream.close()
  directory.remove()
})

/** Clients that place one order after the other. */
async function order(times: number): Promise<void> {
  const client = async (): Promise<void> => {
    for (let count = 0; count < times / CLIENTS; count++) {
      const answer = await gateway.post(NEW_ORDER, { authorization: `Bearer ${secret}` })
      expect(answer.status).toBe(200)
      await answer.arrayBuffer()
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

/** The heap of objects that have outlived two collections of the young. */
async function oldBytes(): Promise<number> {
  const metrics = await (await gateway.get('/metrics')).text()
  return seriesIn(metrics, 'nodejs_heap_space_size_used_bytes{space="old"}')
}

it('a request leaves next to nothing behind that outlives the collections of the young', async () => {
  await oldBytes()
  await order(640) // compiled code, and caches of a fixed size
  const before = await oldBytes()
  await order(ORDERS)
  // Measured: 370 bytes. Objects that wait for a timer, or that a longer-lived one keeps, make it thousands (decision 31).
  expect(((await oldBytes()) - before) / ORDERS).toBeLessThan(2000)
})

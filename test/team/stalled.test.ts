import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { newPrompt } from '../helpers/new-orders.ts'
import { times } from '../helpers/times.ts'
import { answerJson } from '../helpers/upstream.ts'
import { dalle, dalleAnswer, openTeam } from './world.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { TeamWorld } from './world.ts'

const CLIENTS = 20
let world: TeamWorld
let gateway: GatewayProcess

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  gateway = await world.spawn()
})
afterEach(async () => world.close())

/** Sends an order while the gateway stands still, and leaves; its bytes and its end are all there when it goes on. */
async function orderAndLeave(): Promise<void> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  await once(socket, 'connect')
  const body = JSON.stringify({ ...dalle, prompt: newPrompt() })
  const head = `POST /v1/images/generations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  socket.end(head + body)
  await once(socket, 'finish')
  socket.destroy()
}

describe('a gateway that stood still', () => {
  it('buys nothing for clients that left meanwhile', async () => {
    gateway.signal('SIGSTOP')
    await Promise.all(times(CLIENTS, orderAndLeave))
    gateway.signal('SIGCONT')
    await eventually('all are ended', () => gateway.logged('request').length === CLIENTS)
    expect(world.upstream.received).toHaveLength(0)
    expect(await world.rows()).toEqual([])
  })
})

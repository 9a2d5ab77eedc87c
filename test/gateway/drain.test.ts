import { Agent, request as httpRequest } from 'node:http'
import { expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { turns } from '../helpers/time/turns.ts'
import { imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { IncomingMessage } from 'node:http'

const order = JSON.stringify({ model: 'gpt-image-2', prompt: 'a' })

it('a stopping gateway finishes what is under way, refuses what is new, and closes', async () => {
  let answer = (): void => {}
  const upstream = await scriptedUpstream((response) => {
    answer = () =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(imageAnswer()))
  })
  const gateway = await startGateway(upstream.url)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = (path: string, body = ''): Promise<{ response: IncomingMessage; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const request = httpRequest(
        gateway.url + path,
        { method: body === '' ? 'GET' : 'POST', headers, agent },
        (response) => {
          let text = ''
          response.on('data', (chunk: Buffer) => (text += chunk.toString()))
          response.on('end', () => resolve({ response, text }))
        },
      )
      request.on('error', reject)
      request.end(body)
    })

  // One keep-alive connection: the first request is under way when the gateway stops, the second waits behind it.
  const underWay = send('/v1/images/generations', order)
  await eventually('the order is under way', () => upstream.received.length === 1)
  const late = send('/v1/images/generations', order)
  const closed = gateway.close()
  await turns() // it has begun to stop
  answer()

  expect((await underWay).response.statusCode).toBe(200)
  const refused = await late.catch((error: unknown) => error)
  if (!(refused instanceof Error))
    expect(refused).toMatchObject({
      response: { statusCode: 503 },
      text: expect.stringContaining('shutting_down') as unknown,
    })
  await closed
  expect(upstream.received).toHaveLength(1)
  agent.destroy()
  await upstream.close()
})

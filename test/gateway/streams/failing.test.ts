import OpenAI, { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { turns } from '../../helpers/time/turns.ts'
import { completed, partial } from '../answers/recorded-streams.ts'
import { begin, IMAGE, streaming } from './streaming.ts'
import type { ServerResponse } from 'node:http'

const world = streaming()

describe('a stream that fails', () => {
  it('before anything went out is an answer with a status', async () => {
    world.upstream.script = (response) =>
      void begin(response).end('data: {"error":{"message":"no","code":"moderation_blocked","type":"x"}}\n\n')
    const { error } = await world.collect()
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({ status: 400, code: 'moderation_blocked' })
  })

  it('after a comment went out is an error event', async () => {
    let answering: ServerResponse | undefined
    world.gateway.app.server.server.once('request', (_request, response: ServerResponse) => (answering = response))
    world.upstream.script = async (response) => {
      await eventually('a comment has gone out', () => answering?.headersSent === true)
      answerErrorJson(response)
    }
    const { error } = await world.collect()
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'moderation_blocked' })
  })

  it.each([
    ['resets the connection', (response: ServerResponse) => void response.socket?.resetAndDestroy()],
    ['closes it cleanly', (response: ServerResponse) => void response.end()],
    ['says nothing any more', async () => world.clock.advance(600_000)],
  ])('in the middle of an image raises an API error where the upstream %s', async (_name, stop) => {
    world.upstream.script = async (response) => {
      begin(response).write(partial(0, 'AAAA') + completed(IMAGE).slice(0, 40_000))
      await turns() // the gateway has read that
      await stop(response)
    }
    const { events, error } = await world.collect()
    expect(events).toHaveLength(1)
    expect(error).toBeInstanceOf(APIError)
    expect(String((error as APIError).code)).toMatch(/^upstream_(failed|timeout)$/)
  })

  it('between two images raises an API error, and what was begun is booked as an estimate', async () => {
    world.upstream.script = (response) => {
      begin(response).write(partial(0, 'AAAA'), () => response.socket?.destroy())
    }
    const response = await world.gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('event: error\ndata: {"error":{"message":')
    expect(await world.gateway.logOf(response)).toMatchObject({
      outcome: 'upstream_failed',
      failure: 'upstream_failed',
      images: 1,
      costEstimated: true,
    })
  })

  it('with the upstream’s own error event costs nothing where no image was finished', async () => {
    world.upstream.script = (response) => {
      begin(response).end(`${partial(0, 'AAAA')}data: {"error":{"message":"no","code":"moderation_blocked"}}\n\n`)
    }
    const response = await world.gateway.post(NEW_STREAM)
    expect(await response.text()).toContain('"code":"moderation_blocked"')
    const line = await world.gateway.logOf(response)
    expect(line).toMatchObject({ failure: 'moderation_blocked', images: 0 })
    expect(line['costUsd']).toBeUndefined()
  })
})

function answerErrorJson(response: ServerResponse): void {
  response
    .writeHead(400, { 'content-type': 'application/json' })
    .end('{"error":{"message":"no","code":"moderation_blocked","type":"x"}}')
}

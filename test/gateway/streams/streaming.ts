import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { PatientClock } from '../../helpers/time/patient-clock.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { ServerResponse } from 'node:http'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

export const IMAGE = 'iVBORw0KGgo'.repeat(4000)

/** A gateway that keeps streams alive every 60 ms, the upstream behind it, and an SDK in front of it. */
export class Streaming {
  readonly clock = new PatientClock()
  upstream!: ScriptedUpstream
  gateway!: TestGateway
  client!: OpenAI

  /** Reads a stream to its end by the SDK. */
  async collect(): Promise<{ events: OpenAI.ImageGenStreamEvent[]; error: unknown }> {
    const events: OpenAI.ImageGenStreamEvent[] = []
    try {
      for await (const event of await this.client.images.generate(NEW_STREAM)) events.push(event)
    } catch (error) {
      return { events, error }
    }
    return { events, error: undefined }
  }
}

/** One gateway for all tests of a file. */
export function streaming(): Streaming {
  const world = new Streaming()
  beforeAll(async () => {
    world.upstream = await scriptedUpstream()
    world.gateway = await startGateway(world.upstream.url, { STREAM_KEEP_ALIVE_MS: '60' }, { clock: world.clock })
    world.client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
  })
  beforeEach(() => void (world.upstream.received.length = 0))
  afterAll(async () => {
    await world.gateway.close()
    await world.upstream.close()
  })
  return world
}

/** The head of a stream. */
export function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

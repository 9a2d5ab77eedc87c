import { expect } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { Gate } from '../helpers/time/gate.ts'
import { answerJson } from '../helpers/upstream.ts'
import { streamed } from './orders.ts'
import { dalle, dalleAnswer, gptAnswer } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script } from '../helpers/upstream.ts'
import type { TeamWorld } from './world.ts'

/** In every prompt, so that it can be looked for; what follows says what the upstream does with it. */
const PROMPT = 'zanzibar-secret-prompt'

const error = (code: string) => ({ error: { message: 'no', type: 'invalid_request_error', code } })

const BEHAVIOURS: Readonly<Record<string, Script>> = {
  'fine-dalle': answerJson(dalleAnswer()),
  'fine-gpt': answerJson(gptAnswer()),
  'no-usage': answerJson(gptAnswer({ usage: undefined })),
  moderated: answerJson(error('moderation_blocked'), 400),
  overloaded: answerJson({ error: { message: 'no capacity', type: '', code: '' } }, 503),
  broken: answerJson(error(''), 500),
  reset: (response) => void response.destroy(),
  stream: streamed(2),
  'cut-stream': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const half = 'event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image",'
    response.write(half, () => response.socket?.end())
  },
}

/** An order that says how it goes. */
export function say(what: string, more: object = dalle): object {
  return { ...more, prompt: promptFor(what) }
}

export function promptFor(what: string): string {
  return `${PROMPT} ${what}`
}

/**
 * Gives every request upstream an id, which the ledger repeats, and answers it as its prompt says; a prompt that says
 * `gated` waits for the gate.
 */
export function counting(world: () => TeamWorld, gate = new Gate()): Script {
  const fineWhenOpen: Script = async (response, request) => {
    await gate.passed()
    await answerJson(dalleAnswer())(response, request)
  }
  const behaviours = Object.entries({ ...BEHAVIOURS, gated: fineWhenOpen })
  return async (response, request) => {
    response.setHeader('x-request-id', `up-${world().upstream.received.length}`)
    const body = request.body.toString('latin1')
    const behaviour = behaviours.find(([name]) => body.includes(`${PROMPT} ${name}`))?.[1]
    await (behaviour ?? answerJson(gptAnswer()))(response, request)
  }
}

/** Sends an order to a gateway, goes away when it is upstream, and comes back when the gateway has noticed. */
export async function leave(
  gateway: TestGateway,
  body: object,
  headers: Record<string, string>,
  world: TeamWorld,
): Promise<void> {
  const control = new AbortController()
  const seen = world.upstream.received.length
  const orphans = await gateway.metric('comet_orphans')
  const answer = fetch(`${gateway.url}/v1/images/generations`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    signal: control.signal,
  })
  answer.catch(() => {})
  await eventually('it is upstream', () => world.upstream.received.length > seen)
  control.abort()
  await eventually('the gateway notices', async () => expect(await gateway.metric('comet_orphans')).toBe(orphans + 1))
}

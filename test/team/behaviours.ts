import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { answerJson } from '../helpers/upstream.ts'
import { streamed } from './orders.ts'
import { dalle, dalleAnswer, gptAnswer } from './world.ts'
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
  slow: async (response, request) => {
    await pause(150)
    await answerJson(dalleAnswer())(response, request)
  },
  'cut-stream': (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('event: image_generation.partial_image\ndata: {"type":"image_generation.partial_image",')
    setTimeout(() => response.destroy(), 20)
  },
}
/** The upstream's behaviour, read from the prompt. */
const byPrompt = (body: string): Script =>
  BEHAVIOURS[Object.keys(BEHAVIOURS).find((name) => body.includes(`${PROMPT} ${name}`)) ?? ''] ??
  answerJson(gptAnswer())

/** An order that says how it goes. */
export function say(what: string, more: object = dalle): object {
  return { ...more, prompt: promptFor(what) }
}

export function promptFor(what: string): string {
  return `${PROMPT} ${what}`
}

/** Every request upstream gets an id, which the ledger repeats, and goes as its prompt says. */
export function counting(world: () => TeamWorld): Script {
  return async (response, request) => {
    response.setHeader('x-request-id', `up-${world().upstream.received.length}`)
    await byPrompt(request.body.toString('latin1'))(response, request)
  }
}

/** Sends an order to a gateway and goes away when it is upstream. */
export async function leave(
  url: string,
  body: object,
  headers: Record<string, string>,
  world: TeamWorld,
): Promise<void> {
  const control = new AbortController()
  const seen = world.upstream.received.length
  const answer = fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
    signal: control.signal,
  })
  answer.catch(() => {})
  await eventually('it is upstream', () => world.upstream.received.length > seen)
  control.abort()
}

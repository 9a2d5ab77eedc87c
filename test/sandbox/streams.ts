import { once } from 'node:events'
import { request } from 'node:http'
import { KEY } from './calling.ts'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** An event of a stream. */
export interface WireEvent {
  /** `message` when the stream named none. */
  name: string
  data: Record<string, unknown>
}

/** Asks for a generation and gives the answer as soon as its head is there. */
export async function stream(url: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify(body),
    ...init,
  })
}

/** The whole events of a text; what follows the last blank line is none. `[DONE]` is left out. */
export function eventsOf(text: string): WireEvent[] {
  const blocks = text.split('\n\n').slice(0, -1)
  return blocks.filter((block) => block !== 'data: [DONE]').map(eventOf)
}

function eventOf(block: string): WireEvent {
  const match = /^(?:event: (\S+)\n)?data: (.*)$/.exec(block)
  if (!match) throw new Error(`Not an event: ${block.slice(0, 80)}`)
  return { name: match[1] ?? 'message', data: JSON.parse(match[2] ?? '') }
}

/** The picture in an event. */
export function pictureIn(event: WireEvent | undefined): Buffer {
  const text = event?.data['b64_json']
  return Buffer.from(typeof text === 'string' ? text : '', 'base64')
}

/** The part of an answer that arrives before its connection breaks. */
export interface Leftovers {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/**
 * Asks for a generation whose answer breaks off. Not by `fetch`, which forgets bytes that come together with the end of
 * their connection. @throws Error where the answer is whole
 */
export async function leftovers(url: string, body: object): Promise<Leftovers> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  const asking = request(`${url}/v1/images/generations`, { method: 'POST', headers })
  asking.end(JSON.stringify(body))
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => answer.on('error', () => {}).on('close', resolve))
  if (answer.complete) throw new Error('The answer was whole.')
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString('utf8') }
}

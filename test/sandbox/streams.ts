import { KEY } from './calling.ts'

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

/** The part of an answer that arrives until its connection breaks; an answer that ends well is an error. */
export async function leftovers(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
  } catch {
    return Buffer.concat(chunks).toString('utf8')
  }
  throw new Error('The answer was whole.')
}

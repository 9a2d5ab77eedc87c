import { picture } from '../helpers/images.ts'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import type { Script } from '../helpers/upstream.ts'

const PROMPT = 'A paper boat'

/** A request's bytes and the headers that belong to them. */
export interface Payload {
  readonly body: Uint8Array
  readonly headers: Record<string, string>
}

/** An edit of one small picture, as a form. */
export async function formEdit(fields: Record<string, string> = {}): Promise<Payload> {
  const form = new FormData()
  const named = { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024', quality: 'low', ...fields }
  for (const [name, value] of Object.entries(named)) form.append(name, value)
  form.append('image', new Blob([await picture(64, 64)], { type: 'image/png' }), 'a.png')
  const request = new Request('http://x', { method: 'POST', body: form })
  const body = new Uint8Array(await request.arrayBuffer())
  return { body, headers: { 'content-type': request.headers.get('content-type') ?? '' } }
}

/** The same edit as JSON. */
export async function jsonEdit(): Promise<Payload> {
  const image_url = `data:image/png;base64,${(await picture(64, 64)).toString('base64')}`
  const edit = { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024', quality: 'low', images: [{ image_url }] }
  return { body: Buffer.from(JSON.stringify(edit)), headers: { 'content-type': 'application/json' } }
}

/** Answers with events: so many partial images, then the image. */
export function streamed(partials = 1): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let index = 0; index < partials; index++) response.write(partial(index, 'aW1hZ2U='))
    response.end(completed('aW1hZ2U='))
  }
}

import { UPSTREAM_KEY } from './leaks.ts'
import { picturesOf, tokensOf } from './kinds.ts'
import type { Subject, Tokens } from './kinds.ts'

export const JSON_TYPE = { 'content-type': 'application/json' }
export const STREAM_TYPE = { 'content-type': 'text/event-stream' }

function usageOf({ text, image, output }: Tokens): Record<string, unknown> {
  const input = text + image
  const details = { text_tokens: text, image_tokens: image }
  return {
    input_tokens: input,
    input_tokens_details: details,
    output_tokens: output,
    total_tokens: input + output,
  }
}

/** All of an answer as JSON. The usage comes last: it is never known of an answer that breaks off. */
export function jsonAnswer(subject: Subject, attempt: number): Buffer {
  const member = subject.kind.name === 'url' ? 'url' : 'b64_json'
  const data = picturesOf(subject, attempt).map((picture) => `{"${member}":"${picture}"}`)
  const usage = JSON.stringify(usageOf(tokensOf(subject, attempt)))
  const rest = subject.kind.microsPerImage === undefined ? `,"quality":"low","size":"1024x1024","usage":${usage}` : ''
  return Buffer.from(`{"created":1776841943,"data":[${data.join(',')}]${rest}}`, 'latin1')
}

/** A preview and the image, as two events. */
export function streamedAnswer(subject: Subject, attempt: number): readonly [Buffer, Buffer] {
  const [picture = ''] = picturesOf(subject, attempt)
  const event = (name: string, members: string): Buffer => {
    const type = `image_generation.${name}`
    const data = `{"type":"${type}","b64_json":"${picture}","created_at":1776841943,${members}}`
    return Buffer.from(`event: ${type}\ndata: ${data}\n\n`, 'latin1')
  }
  const usage = JSON.stringify(usageOf(tokensOf(subject, attempt)))
  return [event('partial_image', '"partial_image_index":0'), event('completed', `"usage":${usage}`)]
}

/** An error that repeats the upstream key, as "Incorrect API key provided: …" does. */
export function errorBody(code: string): string {
  return JSON.stringify({ error: { message: `no: ${UPSTREAM_KEY}`, type: 'comet_api_error', param: '', code } })
}

import { CUT } from './requests.ts'
import type { IncomingMessage } from 'node:http'
import type { Ending } from './requests.ts'

/** An answer as a client without an SDK reads it. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** The ending that an answer is, or the word for a connection that failed. */
export function endingOf(answer: Answer | string): Ending {
  if (typeof answer === 'string') return { pictures: undefined, why: answer, status: 0 }
  const { status, headers, body } = answer
  const text = body.toString('latin1')
  if (String(headers['content-type']).startsWith('text/event-stream')) return endingOfStream(text)
  const json = JSON.parse(text) as {
    readonly data?: readonly { readonly b64_json?: string; readonly url?: string }[]
    readonly error?: { readonly code?: string | null }
  }
  if (status !== 200) return { pictures: undefined, why: String(json.error?.code), status }
  return { pictures: (json.data ?? []).map(({ b64_json, url }) => b64_json ?? url ?? ''), why: '', status }
}

function endingOfStream(text: string): Ending {
  const error = /^data: .*"error":\{.*?"code":"(\w+)"/m.exec(text)?.[1]
  if (error !== undefined) return { pictures: undefined, why: error, status: 200 }
  const last = /"type":"image_generation\.completed".*?"b64_json":"([^"]*)"/.exec(text)?.[1]
  return { pictures: last === undefined ? undefined : [last], why: last === undefined ? CUT : '', status: 200 }
}

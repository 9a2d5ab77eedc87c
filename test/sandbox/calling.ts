import { afterAll } from 'vitest'
import { startSandbox } from '../../sandbox/sandbox.ts'
import type { Sandbox, SandboxOptions } from '../../sandbox/sandbox.ts'

export const KEY = 'sk-sandbox-test'

const running: Sandbox[] = []

/** Starts a sandbox that ends with the test file. */
export async function sandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const started = await startSandbox({ apiKey: KEY, latencyMs: 0, failureRate: 0, ...options })
  running.push(started)
  return started
}

afterAll(async () => {
  await Promise.all(running.map((one) => one.close()))
})

/** The members of a body at which tests look. */
export interface WireBody {
  error?: { message: string; type: string; param?: string; code?: string }
  data?: Record<string, string>[]
  usage?: { input_tokens: number; output_tokens: number; total_tokens: number; output_tokens_details?: TokenDetails }
  [field: string]: unknown
}

interface TokenDetails {
  image_tokens: number
  text_tokens: number
}

/** An answer, read whole. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body, or an empty object when it is not JSON. */
  body: WireBody
  /** The error in it, or one that says nothing. */
  error: NonNullable<WireBody['error']>
}

/** Asks for a generation. A string is sent as it is. */
export async function generate(url: string, body: object | string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  })
  return read(response)
}

/** One field of a form: a text, or a file. */
export type Part = readonly [name: string, value: string | Buffer]

/** Sends a form to `/v1/images/edits` or `/v1/images/variations`. */
export async function send(url: string, path: 'edits' | 'variations', parts: readonly Part[]): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new Blob([new Uint8Array(value)], { type: 'image/png' }), 'picture.png')
  }
  const headers = { authorization: `Bearer ${KEY}` }
  return fetch(`${url}/v1/images/${path}`, { method: 'POST', headers, body: form })
}

/** Sends a form and reads the answer. */
export async function upload(url: string, path: 'edits' | 'variations', parts: readonly Part[]): Promise<Answer> {
  return read(await send(url, path, parts))
}

/** Reads an answer. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const body = parse(text)
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    error: body.error ?? { message: '', type: '' },
  }
}

function parse(text: string): WireBody {
  try {
    const body: WireBody = JSON.parse(text)
    return body
  } catch {
    return {}
  }
}

/** The items of an answer. */
export function dataOf(answer: Answer): Record<string, string>[] {
  return answer.body.data ?? []
}

/** The first picture of an answer that carries base64. */
export function pictureOf(answer: Answer, index = 0): Buffer {
  return Buffer.from(dataOf(answer)[index]?.['b64_json'] ?? '', 'base64')
}

import { randomBytes, randomInt } from 'node:crypto'
import { rejectionBody } from './rules/rejections.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Rejection } from './rules/rejections.ts'

/** The largest request body in JSON: 64 MiB (what CometAPI takes is not documented; facts 7). */
export const JSON_LIMIT_BYTES = 64 * 1024 * 1024

/** The largest request body with pictures in it: 700 MiB, although 16 pictures of nearly 50 MB could be more. */
export const UPLOAD_LIMIT_BYTES = 700 * 1024 * 1024

/** One request to the sandbox and its answer. */
export interface SandboxExchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  requestId: string
  /** Fires when the client has gone before the answer was complete. */
  left: AbortSignal
}

/** Opens an exchange; the answer will carry its id. */
export function openExchange(request: IncomingMessage, response: ServerResponse, base: string): SandboxExchange {
  const leaving = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort()
  })
  const requestId = newRequestId()
  response.setHeader('x-oneapi-request-id', requestId)
  // Concatenated, not resolved: the path `//host/x` would otherwise name another host. `*` and whole URLs are no paths.
  const target = request.url?.startsWith('/') ? request.url : '/'
  return { request, response, url: new URL(base + target), requestId, left: leaving.signal }
}

/** Time to the nanosecond, then eight letters: `20260205132859798638387SIHCnxzJ` (facts 1.8). */
function newRequestId(): string {
  const time = new Date().toISOString().replace(/\D/g, '')
  const nanoseconds = String(randomInt(1_000_000)).padStart(6, '0')
  return `${time}${nanoseconds}${randomBytes(12).toString('base64url').replace(/[-_]/g, 'x').slice(0, 8)}`
}

/** Reads the whole body, in pieces; undefined when it is larger than the limit, in which case it is thrown away. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer[] | undefined> {
  if (Number(request.headers['content-length']) > limitBytes) {
    // Refused by what it announces: nobody has to send it all to learn that. What is on its way is thrown away.
    request.resume()
    return undefined
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limitBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  return size <= limitBytes ? chunks : undefined
}

/** Answers with JSON. */
export function sendJson({ response }: SandboxExchange, status: number, body: object): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body))
}

/** Answers with a refusal. */
export function sendRejection(exchange: SandboxExchange, rejection: Rejection): void {
  sendJson(exchange, rejection.status, rejectionBody(rejection, exchange.requestId))
}

/** Answers with any content, unless the client has left. */
export function send(response: ServerResponse, status: number, contentType: string, content: string | Buffer): void {
  if (response.destroyed) return
  const bytes = Buffer.from(content)
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length })
  response.end(bytes)
}

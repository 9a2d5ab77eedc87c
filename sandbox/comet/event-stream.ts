import { once } from 'node:events'
import type { SandboxExchange } from './wire.ts'

/** One server-sent event. */
export interface SandboxEvent {
  name: string
  data: object
  /** Whether it brings a finished picture. */
  finished: boolean
}

/** An event as it goes over the wire. */
export function eventText({ name, data }: Pick<SandboxEvent, 'name' | 'data'>): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Sends the head of a stream at once: the client shall know that it was accepted. */
export function beginStream({ response }: SandboxExchange): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  response.flushHeaders()
}

/** Sends text and waits until the client has room for more. False when it has left. */
export async function sendText({ response, left }: SandboxExchange, text: string): Promise<boolean> {
  if (left.aborted || response.destroyed) return false
  if (!response.write(text)) await once(response, 'drain', { signal: left }).catch(() => undefined)
  return !left.aborted
}

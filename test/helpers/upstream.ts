import { bodyOf, UpstreamServer } from './upstream-server.ts'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Answers a request on a real socket, with any status, headers, chunking or misbehaviour. */
export type Script = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>

export interface ScriptedUpstream {
  readonly url: string
  readonly received: ReceivedRequest[]
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>
  script: Script
  close(): Promise<void>
}

/** A CometAPI under the test's control. */
export async function scriptedUpstream(script: Script = answerJson(imageAnswer())): Promise<ScriptedUpstream> {
  const received: ReceivedRequest[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request
    const { body } = await bodyOf(request)
    const one = { method, url, headers, body }
    received.push(one)
    await upstream.script(response, one)
  }
  const server = new UpstreamServer({ onRequest: receive })
  await server.listen()
  const upstream: ScriptedUpstream = {
    url: server.url,
    received,
    sockets: server.sockets,
    script,
    close: async () => server.close(),
  }
  return upstream
}

/** The documented answer of gpt-image-2 (facts 1.2), with `changes` laid over it. */
export function imageAnswer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    created: 1_776_841_943,
    background: 'opaque',
    output_format: 'jpeg',
    quality: 'low',
    size: '1024x1024',
    usage: {
      input_tokens: 16,
      input_tokens_details: { image_tokens: 0, text_tokens: 16 },
      output_tokens: 208,
      total_tokens: 224,
    },
    data: [{ b64_json: 'aW1hZ2U=' }],
    ...changes,
  }
}

/** Answers JSON, in one piece. A string goes out as it is. */
export function answerJson(body: unknown, status = 200, headers: Record<string, string> = {}): Script {
  return (response) => {
    const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  }
}

/** Answers only once `open` is called: everything before it is under way at once. */
export function gated(script: Script): { readonly script: Script; readonly open: () => void } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  return {
    open,
    script: async (response, request) => {
      await opened
      await script(response, request)
    },
  }
}

import { createServer } from 'node:http'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What the scripted upstream does with a request, on a real socket: any status, headers, chunking or misbehaviour. */
export type Script = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>

export interface ScriptedUpstream {
  readonly url: string
  readonly received: ReceivedRequest[]
  /** Open connections. */
  readonly sockets: Set<Socket>
  script: Script
  close(): Promise<void>
}

/** A CometAPI under the test's control. */
export async function scriptedUpstream(script: Script = answerJson(imageAnswer())): Promise<ScriptedUpstream> {
  const received: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => {
    void receive(request).then((body) => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
      received.push(one)
      return upstream.script(response, one)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${port}`,
    received,
    sockets,
    script,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return upstream
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // The gateway went away; the script sees what came.
  }
  return Buffer.concat(chunks)
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

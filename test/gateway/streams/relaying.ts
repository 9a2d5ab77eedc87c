import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { NEW_STREAM } from '../../helpers/new-orders.ts'
import { PatientClock } from '../../helpers/time/patient-clock.ts'
import { UpstreamServer } from '../../helpers/upstream-server.ts'
import type { Socket } from 'node:net'
import type { TestGateway } from '../../helpers/gateway.ts'

export const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
export const IMAGE = 'iVBORw0KGgo'.repeat(4000)

/** Writes an answer to the socket itself, so that what is one write here is one read there. */
export type Script = (socket: Socket) => unknown

export interface Got {
  readonly status: number
  readonly text: string
  readonly line: Record<string, unknown>
}

const noScript: Script = () => {
  throw new Error('no script')
}

/** A gateway in front of an upstream that writes to its sockets as a test says, and an SDK. */
export class Relaying {
  readonly clock = new PatientClock()
  script: Script = noScript
  readonly upstream = new UpstreamServer({
    onConnection: (socket) => {
      socket.setNoDelay(true)
      let request = ''
      socket.on('data', (chunk: Buffer) => {
        request += chunk.toString('latin1')
        if (!isWhole(request)) return
        request = ''
        void this.script(socket)
      })
    },
  })
  gateway!: TestGateway
  client!: OpenAI

  async get(body: object = NEW_STREAM): Promise<Got> {
    const response = await this.gateway.post(body)
    const text = withoutComments(await response.text())
    return { status: response.status, text, line: await this.gateway.logOf(response) }
  }

  async bySdk(): Promise<{ readonly types: readonly string[]; readonly error: unknown }> {
    const types: string[] = []
    try {
      for await (const event of await this.client.images.generate(NEW_STREAM)) types.push(event.type)
    } catch (error) {
      return { types, error }
    }
    return { types, error: undefined }
  }
}

/** One gateway for all tests of a file. */
export function relaying(): Relaying {
  const world = new Relaying()
  beforeAll(async () => {
    await world.upstream.listen()
    world.gateway = await startGateway(world.upstream.url, {}, { clock: world.clock })
    world.client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
  })
  beforeEach(() => void (world.script = noScript))
  afterAll(async () => {
    await world.gateway.close()
    await world.upstream.close()
  })
  return world
}

/** Head and body of a request have come. */
function isWhole(request: string): boolean {
  const head = request.indexOf('\r\n\r\n')
  const length = Number(/^content-length: *(\d+)/im.exec(request)?.[1] ?? 0)
  return head !== -1 && request.length >= head + 4 + length
}

/** Sends bytes in pieces, each of which is on its way before the next is written; then closes. */
export function pieces(bytes: Buffer, cuts: readonly number[], headers = ''): Script {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b)
  return async (socket) => {
    socket.write(`${HEAD}${headers}connection: close\r\n\r\n`)
    let from = 0
    for (const end of ends) {
      socket.write(bytes.subarray(from, end))
      from = end
      await new Promise(setImmediate)
    }
    socket.end()
  }
}
export const whole = (text: string, headers?: string): Script => pieces(Buffer.from(text), [], headers)

/** Comments of the gateway's own. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/^: (?:keep-alive|x-gateway-cost-usd .*)\n\n/gm, '')

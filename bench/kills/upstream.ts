import { bodyOf, UpstreamServer } from '../../test/helpers/upstream-server.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dice } from './random.ts'

/** A CometAPI that counts the orders that reach it, by model: each order names a model of its own. */
export interface CountingUpstream {
  readonly url: string
  /** Model → the images that were asked for. */
  readonly counted: ReadonlyMap<string, number>
  close(): Promise<void>
}

export async function countingUpstream(dice: Dice): Promise<CountingUpstream> {
  const counted = new Map<string, number>()
  const server = new UpstreamServer({
    onRequest: async (request, response) => serve(request, response, counted, dice),
  })
  await server.listen()
  return { url: server.url, counted, close: async () => server.close() }
}

/** Counts an order when its body is complete, and answers it with images, an error or a broken connection. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  counted: Map<string, number>,
  dice: Dice,
): Promise<void> {
  const { body, isWhole } = await bodyOf(request)
  if (!isWhole) return // the gateway was killed in the middle of its request
  const { model, n } = JSON.parse(body.toString()) as { model: string; n: number }
  counted.set(model, n)
  await new Promise((wait) => setTimeout(wait, dice.between(0, 50)))
  const kind = dice.next()
  if (kind < 0.04) return void response.destroy()
  if (kind < 0.08) return answer(response, 500, { error: { message: 'boom', type: '', code: '' } })
  if (kind < 0.12) return answer(response, 503, { error: { message: 'no capacity', type: '', code: '' } })
  if (kind < 0.16) return answer(response, 400, { error: { message: 'no', type: '', code: 'moderation_blocked' } })
  const images = dice.chance(0.3) ? 1 : n
  answer(response, 200, { created: 1, data: Array.from({ length: images }, () => ({ b64_json: 'aW1hZ2U=' })) })
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

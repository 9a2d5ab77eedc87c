import { UPSTREAM_KEY } from '../../test/helpers/gateways/gateway-client.ts'
import { bodyOf, UpstreamServer } from '../../test/helpers/upstream-server.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dice } from './random.ts'

/** A CometAPI that counts the orders that reach it, by model: each order names a model of its own. */
export interface CountingUpstream {
  readonly url: string
  /** Model → the images that were asked for. */
  readonly counted: ReadonlyMap<string, number>
  /** Models whose images were made, or may have been. */
  readonly bought: ReadonlySet<string>
  readonly boughtTwice: readonly string[]
  close(): Promise<void>
}

export async function countingUpstream(dice: Dice): Promise<CountingUpstream> {
  const counted = new Map<string, number>()
  const bought = new Set<string>()
  const boughtTwice: string[] = []
  const buy = (model: string): void => {
    if (bought.has(model)) boughtTwice.push(model)
    bought.add(model)
  }
  const server = new UpstreamServer({
    onRequest: async (request, response) => serve(request, response, { counted, buy, dice }),
  })
  await server.listen()
  return { url: server.url, counted, bought, boughtTwice, close: async () => server.close() }
}

/** Counts an order when its body is complete, and answers it with images, an error or a broken connection. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { counted, buy, dice }: { counted: Map<string, number>; buy: (model: string) => void; dice: Dice },
): Promise<void> {
  const { body, isWhole } = await bodyOf(request)
  if (!isWhole) return // the gateway was killed in the middle of its request
  const { model, n } = JSON.parse(body.toString()) as { model: string; n: number }
  counted.set(model, n)
  await new Promise((wait) => setTimeout(wait, dice.between(0, 50)))
  const kind = dice.next()
  if (kind < 0.08 || kind >= 0.16) buy(model) // nobody can tell what a broken answer or a 500 means
  if (kind < 0.04) return void response.destroy()
  if (kind < 0.08) return answer(response, 500, { error: { message: UPSTREAM_KEY, type: '', code: '' } })
  if (kind < 0.12) return answer(response, 503, { error: { message: 'no capacity', type: '', code: '' } })
  if (kind < 0.16) return answer(response, 400, { error: { message: 'no', type: '', code: 'moderation_blocked' } })
  const images = dice.chance(0.3) ? 1 : n
  answer(response, 200, { created: 1, data: Array.from({ length: images }, () => ({ b64_json: 'aW1hZ2U=' })) })
}

/** Answers, and repeats the upstream key in the headers. */
function answer(response: ServerResponse, status: number, body: object): void {
  const repeated = { 'content-type': `application/json; key=${UPSTREAM_KEY}`, 'x-request-id': UPSTREAM_KEY }
  response.writeHead(status, repeated).end(JSON.stringify(body))
}

import { setTimeout as sleep } from 'node:timers/promises'
import { turns } from '../helpers/time/turns.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import type { ServerResponse } from 'node:http'
import type { Script } from '../helpers/upstream.ts'

const IMAGE = 'iVBORw0KGgo'.repeat(4000)

function error(status: number, code: string, param = ''): Script {
  return answerJson({ error: { message: 'No.', type: 'comet_api_error', code, param } }, status)
}

/** A stream that fails after its first event. */
function stream(fail: (response: ServerResponse) => void): Script {
  return (response, { url }) => {
    const family = url.endsWith('edits') ? 'image_edit' : 'image_generation'
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(partial(0, IMAGE, family), () => fail(response))
  }
}

/** Word in the prompt → the upstream's behaviour. */
const BEHAVIOURS: Readonly<Record<string, Script>> = {
  'status-400': error(400, 'invalid_value', 'size'),
  'status-404': error(404, 'gone'),
  'status-409': error(409, 'conflict'),
  'status-413': error(413, 'too_large'),
  'status-422': error(422, 'bad_image', 'image'),
  'status-429': error(429, 'slow_down'),
  'status-500': error(500, 'do_request_failed'),
  'status-503': error(503, ''),
  'status-401': error(401, 'invalid_api_key'),
  page: answerJson('<html></html>', 502, { 'content-type': 'text/html' }),
  reset: (response) => void response.socket?.resetAndDestroy(),
  silence: () => {},
  late: async (response, request) => {
    await sleep(900)
    return answerJson(imageAnswer())(response, request)
  },
  'error-event': stream((response) =>
    response.end('event: error\ndata: {"error":{"message":"no","code":"moderation_blocked","type":"x"}}\n\n'),
  ),
  'early-end': stream((response) => response.end()),
  'cut-event': stream((response) => response.end(completed(IMAGE).slice(0, 30_000))),
  'cut-connection': stream((response) => void turns().then(() => response.socket?.resetAndDestroy())),
}

let orders = 0

/** An upstream that fails as the prompt says. `GET /orders` says how many orders there were. */
export const failing: Script = (response, request) => {
  if (request.method === 'GET') return answerJson({ orders })(response, request)
  orders++
  const text = request.body.toString('latin1')
  const behaviour = Object.entries(BEHAVIOURS).find(([word]) => text.includes(`please ${word}`))?.[1]
  return (behaviour ?? answerJson(imageAnswer()))(response, request)
}

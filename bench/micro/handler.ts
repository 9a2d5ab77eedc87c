import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { answerOf } from '../upstream/bodies.ts'
import { MemoryConnection } from './connection.ts'
import type { AnswerReceiver, UpstreamRequest } from '../../src/upstream/upstream.ts'
import type { Suite } from './part.ts'

const KEY = 'sk-gw-bench-0123456789abcdef'
const ORDER = { model: 'gpt-image-2', prompt: 'A paper boat on calm water.', size: '1024x1024', quality: 'low' }
const CROWD = 32
const CONTROL = { pause: () => {}, resume: () => {}, abort: () => {} }
const ANSWER = Buffer.from(answerOf(300))

/** The whole gateway without a socket: connections are in memory, and the upstream answers in the next turn of the event loop. */
export async function handler(): Promise<Suite> {
  const directory = mkdtempSync(join(tmpdir(), 'comet-micro-'))
  Upstream.prototype.post = answerSoon
  const settings = { COMETAPI_KEY: 'sk-bench-0123456789', GATEWAY_KEYS: `bench=${KEY}`, DATA_DIR: directory }
  const app = await createApp(readConfig(settings), { logDestination: { write: () => {} } })
  await app.server.ready()
  const connections = Array.from({ length: CROWD }, () => new MemoryConnection(app.server.server))
  const crowd = (order: object, status: number) => (): unknown =>
    Promise.all(
      connections.map(async (connection) => {
        const answer = await connection.send(requestOf(order))
        if (!answer.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`answered ${answer.slice(0, 500)}`)
      }),
    )
  return {
    parts: [
      { title: `buy an answer of 0.5 KB, ${CROWD} at once`, requests: CROWD, run: crowd(ORDER, 200) },
      { title: `refuse an order, ${CROWD} at once`, requests: CROWD, run: crowd({ ...ORDER, size: '17x17' }, 400) },
    ],
    close: async () => {
      for (const connection of connections) connection.close()
      await app.close()
      rmSync(directory, { recursive: true })
    },
  }
}

function requestOf(order: object): string {
  const body = JSON.stringify(order)
  const head = [
    'POST /v1/images/generations HTTP/1.1',
    'host: gateway',
    `authorization: Bearer ${KEY}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Stands in for the only method of the upstream that opens a connection. */
function answerSoon(_request: UpstreamRequest, receiver: AnswerReceiver): void {
  receiver.sending(CONTROL)
  setImmediate(() => {
    receiver.begin(200, { 'content-type': 'application/json', 'content-length': String(ANSWER.length) })
    receiver.write(ANSWER)
    receiver.end()
  })
}

import { once as onceEmitted } from 'node:events'
import { answers, hangs } from './faulty-upstream.ts'
import { table } from './table.ts'
import type { Fault } from './table.ts'

const unreachable = {
  kind: 'failed',
  status: 502,
  codes: ['upstream_unreachable'],
  retry: 'sdk',
  isAmbiguous: false,
} as const
const failed = { kind: 'failed', status: 502, codes: ['upstream_failed'], retry: 'never', isAmbiguous: true } as const
const once = { UPSTREAM_RETRIES: '1' }

const FAULTS: readonly Fault[] = [
  { name: 'refuses the connection', buys: false, isDown: true, environment: once, outcome: unreachable },
  {
    name: 'does not speak TLS',
    buys: false,
    scheme: 'https',
    rawAct: (socket) => void socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    environment: once,
    outcome: unreachable,
  },
  {
    name: 'never finishes connecting',
    buys: false,
    scheme: 'https',
    rawAct: (socket) => void socket.resume(), // or it would not see the end
    environment: { UPSTREAM_RETRIES: '0', UPSTREAM_CONNECT_TIMEOUT_MS: '150' }, // undici takes a second to notice
    outcome: unreachable,
  },
  {
    name: 'resets before it has read the request',
    buys: false,
    rawAct: async (socket, { before }) => {
      await onceEmitted(socket, 'readable') // the request has left the gateway
      await before.passed()
      socket.resetAndDestroy()
    },
    outcome: failed,
  },
  {
    name: 'resets after it has read the request',
    buys: true,
    act: async ({ buy, socket }, { before }) => {
      buy()
      await before.passed()
      socket.resetAndDestroy()
    },
    outcome: failed,
  },
  {
    name: 'closes the connection without an answer',
    buys: true,
    act: async ({ buy, socket }, { before }) => {
      buy()
      await before.passed()
      socket.end()
    },
    outcome: failed,
  },
  {
    name: 'hangs',
    buys: true,
    act: async ({ buy }, upstream) => {
      buy()
      await upstream.before.passed()
      await hangs(upstream)
    },
    outcome: { ...failed, status: 504, codes: ['upstream_timeout'] },
  },
  { name: 'answers', buys: true, act: answers(), outcome: { kind: 'answered' } },
]

table('An upstream', FAULTS)

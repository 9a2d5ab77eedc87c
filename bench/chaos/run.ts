import { parseArgs } from 'node:util'
import { Chaos } from './chaos.ts'
import { report } from './report.ts'

/**
 * npm run chaos [-- --requests 5000] [--seed 1] [--clients 100] [--short]: clients that leave and come back, and an
 * upstream that fails in every way; at the end the accounts of both are compared. Exit code 1 when a figure is off.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
})

function whole(name: string, value: string): number {
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`--${name} must be a whole number from 1 to 9999999`)
  return Number(value)
}

// Node's fetch throws this outside of its promise when a request is aborted while its body arrives.
process.on('uncaughtException', (error) => {
  if (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_STATE') return
  console.error(error)
  process.exit(1)
})

const chaos = new Chaos({
  seed: whole('seed', values.seed),
  requests: whole('requests', values.requests ?? (values.short ? '300' : '5000')),
  clients: whole('clients', values.clients ?? (values.short ? '60' : '100')),
})
const isTerminal = process.stdout.isTTY
const result = await chaos.run((text) => {
  if (isTerminal) process.stdout.write(`\r\u001B[K${text}`)
})
if (isTerminal) process.stdout.write('\r\u001B[K')
process.exit(report(result) ? 0 : 1)

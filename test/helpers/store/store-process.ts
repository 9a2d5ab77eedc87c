import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { LedgerWriter } from '../../../src/accounting/ledger-writer.ts'
import { keyDigest } from '../../../src/access/keys/key-secret.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { bought } from './settlements.ts'
import { orderOf } from './store.ts'

/**
 * A process with a store and a ledger, for tests with several: `node store-process.ts DIRECTORY`. Reads JSON commands,
 * one a line, and answers each with a line.
 */
const store = Store.forServing(process.argv[2] ?? '')
const instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
const ledger = new LedgerWriter({ ledger: instance.ledger, onWriteFailed: () => {} })

interface Command {
  readonly do: 'hold' | 'find' | 'race' | 'work'
  readonly id?: number
  readonly name?: string
  readonly times?: number
  readonly secret?: string
}

async function answer({ do: verb, id = 0, name = '', times = 1, secret = '' }: Command): Promise<unknown> {
  if (verb === 'work') return work({ id, name })
  if (verb === 'find') return store.keys.find(keyDigest(secret))?.key.revokedAt === undefined
  if (verb === 'race') return race(times)
  const order = () => orderOf({ id, name }, { heldAt: Date.now() })
  const results = await Promise.allSettled(Array.from({ length: times }, async () => ledger.hold(order())))
  return results.filter(({ status }) => status === 'fulfilled').length
}

/** Orders with the keys 0, 1, 2, …, four times each, in an order of its own. @returns the generations that were held */
async function race(keys: number): Promise<string[]> {
  const heldAt = Date.now()
  const orders = Array.from({ length: 4 * keys }, (_, index) =>
    orderOf(undefined, {
      heldAt,
      generationId: `gen_${randomUUID()}`,
      orderKey: { key: String(index % keys), digest: 'a boat', expiresAt: heldAt + 86_400_000 },
    }),
  )
  const byChance = orders.toSorted((a, b) => a.generationId.localeCompare(b.generationId))
  const holds = byChance.map(async (order, index) => {
    for (let turn = 0; turn < index / 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    const hold = await ledger.hold(order)
    // Half of them are over while the others still race.
    if (index % 2 === 0) ledger.settle(hold, bought(40, { endedAt: Date.now() }))
    return hold.order.generationId
  })
  const results = await Promise.allSettled(holds)
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

/** Holds and settles until the process is killed, and prints the id of each generation when it would be sent. */
async function work(key: { id: number; name: string }): Promise<never> {
  for (;;) {
    const hold = await ledger.hold(orderOf(key, { heldAt: Date.now(), generationId: `gen_${randomUUID()}` }))
    print(`${hold.order.generationId}\n`)
    setTimeout(() => ledger.settle(hold, bought(40, { endedAt: Date.now() })), Math.random() * 20)
  }
}

/** Prints at once: what was printed is true also if the process is killed in the next moment. */
function print(line: string): void {
  for (;;) {
    try {
      return void writeSync(1, line)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error // the pipe is full
    }
  }
}

process.stdout.write('ready\n')
let rest = ''
process.stdin.on('data', (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    void answer(JSON.parse(line) as Command).then((result) => process.stdout.write(`${JSON.stringify(result)}\n`))
  }
})
process.stdin.on('end', () => {
  instance.close()
  store.close()
})

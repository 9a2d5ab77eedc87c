import { randomInt } from 'node:crypto'
import { Agent } from 'node:http'
import { newPrompt } from '../helpers/new-orders.ts'
import { takeAnswer } from './byte-client.ts'
import type { ByteAnswer, Manner } from './byte-client.ts'
import type { ByteUpstream } from './byte-upstream.ts'

const MANNERS: readonly Manner[] = ['at once', 'at once', 'slowly', 'slowly', 'leaves']
/** Comments that the gateway puts between events; they are no part of the answer. */
const COMMENT = /^: .*\n\n/gm

export interface ByteRunOptions {
  /** The gateway. */
  readonly url: string
  readonly upstream: ByteUpstream
  readonly orders: number
  readonly atOnce: number
}

/** How many answers were compared, and what was wrong with them. */
export interface ByteTally {
  whole: number
  parts: number
  adopted: number
  lost: number
  readonly wrong: string[]
}

/**
 * Random orders by clients that read at once, slowly, or leave in the middle; of some orders a second client takes the
 * same answer while it flows, and those that left come back for theirs. Every byte is compared.
 */
export async function byteRun({ url, upstream, orders, atOnce }: ByteRunOptions): Promise<ByteTally> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * atOnce })
  const tally: ByteTally = { whole: 0, parts: 0, adopted: 0, lost: 0, wrong: [] }
  let left = orders
  const workers = Array.from({ length: atOnce }, async () => {
    while (left-- > 0) await oneOrder({ url, upstream, agent, tally })
  })
  await Promise.all(workers)
  agent.destroy()
  return tally
}

interface OneOrder {
  readonly url: string
  readonly upstream: ByteUpstream
  readonly agent: Agent
  readonly tally: ByteTally
}

async function oneOrder({ url, upstream, agent, tally }: OneOrder): Promise<void> {
  const order = { url, agent, prompt: newPrompt(), isStream: randomInt(3) === 0 }
  const headers = { 'idempotency-key': order.prompt.replaceAll(' ', '-') }
  const manner = MANNERS[randomInt(MANNERS.length)] ?? 'at once'
  const { promise: begun, resolve: onFirst } = Promise.withResolvers<void>()
  const first = takeAnswer({ ...order, headers, manner, onFirst })
  const joining = randomInt(3) === 0 ? join() : undefined
  compare(await first, false)
  if (joining !== undefined) compare(await joining, true)
  else if (manner === 'leaves') {
    const again = { ...headers, 'x-stainless-retry-count': '1' }
    compare(await takeAnswer({ ...order, headers: again, manner: 'at once' }), true)
  }
  upstream.forget(order.prompt)

  async function join(): Promise<ByteAnswer> {
    await Promise.race([begun, first])
    return takeAnswer({ ...order, headers, manner: randomInt(2) === 0 ? 'at once' : 'slowly' })
  }

  function compare(answer: ByteAnswer, isAdopter: boolean): void {
    const sent = upstream.answerTo(order.prompt)
    const { status, isWhole } = answer
    const bytes = order.isStream ? withoutComments(answer.bytes) : answer.bytes
    if (status === 409 && isAdopter) tally.lost++ // its memory was needed, and its first client seemed to keep up
    else if (status === 0 && manner === 'leaves' && !isAdopter) tally.parts++
    else if (status !== 200) tally.wrong.push(`status ${status}: ${bytes.toString('latin1', 0, 300)}`)
    else if (!isWhole && bytes.equals(sent.subarray(0, bytes.length))) tally.parts++
    else if (isWhole && bytes.equals(sent)) tally[isAdopter ? 'adopted' : 'whole']++
    else
      tally.wrong.push(
        `${firstDifference(bytes, sent)} (${JSON.stringify({ ...order, agent: 0, manner, isAdopter, isWhole })})`,
      )
  }
}

function withoutComments(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(COMMENT, ''), 'latin1')
}

/** The first place where an answer is not what was sent. */
export function firstDifference(bytes: Buffer, sent: Buffer): string {
  const at = bytes.findIndex((byte, index) => byte !== sent[index])
  return `${at === -1 ? `only ${bytes.length} bytes` : `another byte at ${at}`} of ${sent.length}`
}

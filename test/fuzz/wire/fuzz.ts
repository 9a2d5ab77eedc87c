import { picture } from '../../helpers/images.ts'
import { memoryOf } from '../../helpers/process-memory.ts'
import { bodyOf, UpstreamServer } from '../../helpers/upstream-server.ts'
import { openWorld } from '../../helpers/world.ts'
import { goodAnswer, strangeAnswer } from './answers.ts'
import { orderIn } from './bodies.ts'
import { exchange } from './client.ts'
import { Random } from './random.ts'
import { wireRequest } from './requests.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorBody } from '../../../src/errors/gateway-error.ts'
import type { Outcome } from './client.ts'
import type { Kind, WireRequest } from './requests.ts'

/** Connections at once. */
const PARALLEL = 4
const SHOWN_FAILURES = 20

export interface WireFuzzResult {
  readonly sent: number
  /** Status or `none` → how many. */
  readonly byStatus: Readonly<Record<string, number>>
  readonly purchases: number
  /** The most memory that the gateway's process ever had. */
  readonly mostBytes: number
  readonly failures: readonly string[]
}

export interface WireFuzzOptions {
  readonly runs: number
  readonly seed: number
  /** The gateway's process may have so much memory. */
  readonly maxBytes: number
  readonly environment?: Readonly<Record<string, string>>
  readonly onProgress?: (sent: number, mostBytes: number) => void
}

/**
 * Sends generated bodies, forms and headers to a gateway that is a process of its own, and answers from the upstream what
 * no upstream should. Nothing may end or block it, take more memory than it may have, be a 5xx that is not the upstream's
 * fault, or be bought although it was refused.
 */
export async function fuzzWire(options: WireFuzzOptions): Promise<WireFuzzResult> {
  const { runs, seed, maxBytes, onProgress = () => {} } = options
  const upstream = new StrangeUpstream(seed)
  await upstream.server.listen()
  const world = openWorld(upstream)
  const failures: string[] = []
  const byStatus: Record<string, number> = {}
  let mostBytes = 0
  try {
    const gateway = await world.spawn({ UPSTREAM_RETRIES: '0', CHECK_RATE_LIMIT_RPM: '0', ...options.environment })
    const image = await picture(64, 64)
    const noteMemory = (): void => void (mostBytes = Math.max(mostBytes, memoryOf(gateway.pid).most))
    let next = 0
    const work = async (): Promise<void> => {
      while (next < runs && failures.length < SHOWN_FAILURES && !gateway.hasEnded()) {
        const request = wireRequest(new Random(seed + next), next++, image)
        upstream.kinds.set(request.id, request.kind)
        const outcome = await exchange(gateway.url, request)
        const status = String(outcome.answer?.status ?? 'none')
        byStatus[status] = (byStatus[status] ?? 0) + 1
        const problem = problemOf(request, outcome, upstream.bought.has(request.id))
        if (problem !== undefined) failures.push(`${request.kind} ${request.id}: ${problem}`)
        upstream.kinds.delete(request.id)
        if (request.id % 500 === 0) {
          noteMemory()
          onProgress(request.id, mostBytes)
        }
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
    if (gateway.hasEnded()) failures.push(`the gateway has ended: ${gateway.output().slice(-2000)}`)
    else noteMemory()
    failures.push(...gateway.logged('defect').map((line) => `a defect: ${JSON.stringify(line).slice(0, 1000)}`))
    if (mostBytes > maxBytes) failures.push(`the gateway had ${mostBytes} bytes of memory, and may have ${maxBytes}`)
    return { sent: next, byStatus, purchases: upstream.purchases, mostBytes, failures }
  } finally {
    await world.close()
  }
}

/** The fault in the outcome of a request; undefined where there is none. */
function problemOf({ kind, isWhole }: WireRequest, outcome: Outcome, isBought: boolean): string | undefined {
  const { answer, isTimedOut, start } = outcome
  if (isTimedOut) return `no answer, and the connection is open: ${start}`
  // The upstream may break off an answer that its client is being given.
  if (answer === undefined) return isWhole && kind !== 'answer' ? `no whole answer, but: ${start}` : undefined
  const { status } = answer
  if (status >= 200 && status < 300) return undefined
  const code = codeOf(answer.body)
  if (code === undefined)
    return `status ${status} without the shape of an error: ${answer.body.toString('latin1', 0, 200)}`
  if (status >= 500 && (kind !== 'answer' || !code.startsWith('upstream_'))) return `status ${status}, ${code}`
  return status < 500 && kind !== 'answer' && isBought ? `status ${status}, ${code}, and it was bought` : undefined
}

/** The code of an error in OpenAI's shape, an empty one where it is null. */
function codeOf(body: Buffer): string | undefined {
  try {
    const { error } = JSON.parse(body.toString()) as Partial<ErrorBody>
    if (typeof error?.message !== 'string' || typeof error.type !== 'string') return undefined
    return error.code ?? ''
  } catch {
    return undefined
  }
}

/** Answers orders of the kind `answer` strangely, and all others as they should be. */
class StrangeUpstream {
  readonly server = new UpstreamServer({ onRequest: (request, response) => this.#answer(request, response) })
  /** The kinds of the requests that are under way. */
  readonly kinds = new Map<number, Kind>()
  readonly bought = new Set<number>()
  purchases = 0
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  get url(): string {
    return this.server.url
  }

  async close(): Promise<void> {
    await this.server.close()
  }

  async #answer(request: IncomingMessage, { socket }: ServerResponse): Promise<void> {
    const { body, isWhole } = await bodyOf(request)
    if (!isWhole || socket === null) return
    this.purchases++
    const id = orderIn(body)
    if (id !== undefined) this.bought.add(id)
    const random = new Random(this.#seed + this.purchases)
    const isStrange = id !== undefined && this.kinds.get(id) === 'answer'
    for (const packet of (isStrange ? strangeAnswer(random) : goodAnswer(random)).packets) {
      socket.write(packet)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.end()
  }
}

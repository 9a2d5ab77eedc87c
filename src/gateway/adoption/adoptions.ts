import { GatewayError, isAmbiguous } from '../../errors/gateway-error.ts'
import { GenerationList } from './generation-list.ts'
import { KeptAnswers } from '../generation/kept-answers.ts'
import type { Socket } from 'node:net'
import type { SpoolDirectory } from '../../spool/spool-file.ts'
import type { Generation } from '../generation/generation.ts'
import type { Entry } from './generation-list.ts'
import type { KeptAnswer } from '../generation/kept-answer.ts'
import type { OrderIdentity } from './order-identity.ts'

/** A connection that is closed so soon after an answer's last byte may have been given up before that was read. */
const UNREAD_MS = 2000
/** How long a retry waits for its predecessor to be seen leaving: both are on their way at the same time. */
const LEAVING_MS = 250
const LOOK_AGAIN_MS = 10
/** How long an ambiguous failure is remembered for clients that send again by themselves: they do within 6 s. */
const FAILED_MS = 15_000

/** The answer that a connection carried last, until there is another request on it. */
const LAST = Symbol('last answer')
interface Connection extends Socket {
  [LAST]?: Entry | undefined
}

export interface AdoptionsOptions {
  readonly directory: SpoolDirectory
  /** How long an answer is kept for a client that comes back; 0 keeps nothing. */
  readonly ttlMs: number
  readonly maxDiskBytes: number
}

/**
 * Which generations can be asked for again, and for how long: those under way, those whose client left before it had its
 * answer, those with an Idempotency-Key.
 */
export class Adoptions {
  readonly #ttlMs: number
  readonly #list = new GenerationList()
  readonly #byKey = new Map<string, Entry>()
  readonly #kept: KeptAnswers
  #sweeping: NodeJS.Timeout | undefined
  /** Whose clients were told that they are not kept. */
  #toldLost: Entry[] = []

  constructor({ directory, ttlMs, maxDiskBytes }: AdoptionsOptions) {
    this.#ttlMs = ttlMs
    this.#kept = new KeptAnswers({
      directory,
      maxDiskBytes,
      freeDisk: () => this.#dropOldestOnDisk(),
      largestInMemory: () => this.#largestInMemory(),
    })
  }

  /** Where a new generation's answer is to be kept. */
  createKept(): KeptAnswer | undefined {
    return this.#ttlMs === 0 ? undefined : this.#kept.create()
  }

  add(generation: Generation, identity: OrderIdentity): void {
    if (this.#ttlMs === 0) return
    // Ordered anew after that: its retries are its own.
    for (const lost of this.#toldLost.filter((entry) => entry.identity.equals(identity))) this.#release(lost)
    generation.entry = this.#list.add(generation, identity)
    const key = keyOf(identity)
    if (key !== undefined) this.#byKey.set(key, generation.entry)
  }

  /**
   * The generation of an earlier attempt of the same request.
   * @throws GatewayError 409 where its answer is not kept; 422 where the Idempotency-Key was used for something else
   */
  async find(identity: OrderIdentity): Promise<Generation | undefined> {
    const twin = this.twinOf(identity)
    if (twin !== undefined) return twin
    if (identity.retryCount === 0) return identity.retriesSilently ? this.#failedBefore(identity) : undefined
    const until = performance.now() + LEAVING_MS
    /** Its client seemed to be there when the retry came. */
    let present: Entry | undefined
    for (;;) {
      const entry = this.#predecessor(identity)
      if (entry !== undefined && wasLeft(entry)) return this.#usable(entry)
      // Whoever had all of its answer by then, and its connection, is not the one that asks again.
      if (entry !== undefined && entry.delivery !== 'written') present = entry
      if (entry === undefined || performance.now() > until) return this.#stillKept(present)
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    }
  }

  #stillKept(entry: Entry | undefined): Generation | undefined {
    return entry === undefined || entry.generation.entry !== entry ? undefined : this.#usable(entry)
  }

  /** The generation with the same Idempotency-Key. @throws as find */
  twinOf(identity: OrderIdentity): Generation | undefined {
    const key = keyOf(identity)
    const entry = key === undefined ? undefined : this.#byKey.get(key)
    if (entry === undefined) return undefined
    if (!entry.identity.equals(identity)) {
      const message = 'This Idempotency-Key was used for another request. Use a new key for a new request.'
      throw new GatewayError('idempotency_key_reused', message)
    }
    return this.#usable(entry)
  }

  /** A generation is given to another attempt. */
  given({ entry }: Generation, { retryCount }: OrderIdentity): void {
    if (entry === undefined) return
    clearTimeout(entry.timer)
    entry.delivery = 'none'
    entry.retryCount = Math.max(entry.retryCount, retryCount)
  }

  /** The upstream call of a generation has come to its end. */
  settled({ entry, failure, isOrphan }: Generation): void {
    if (entry === undefined) return
    if (failure !== undefined && !isAmbiguous(failure)) this.#release(entry)
    else if (isOrphan) this.#keep(entry)
  }

  /** The last client of a settled generation is gone; `connection`: it has all of the answer, as far as can be told. */
  lastClientLeft({ entry }: Generation, connection: Socket | undefined): void {
    if (entry === undefined) return
    if (connection === undefined || keyOf(entry.identity) !== undefined) return this.#keep(entry)
    if (entry.generation.failure !== undefined) {
      entry.delivery = 'told'
      return this.#keep(entry, Math.min(FAILED_MS, this.#ttlMs))
    }
    entry.delivery = 'written'
    entry.writtenAt = performance.now()
    this.#sweeping ??= setTimeout(() => this.#sweep(), UNREAD_MS).unref()
    const carrier: Connection = connection
    if (connection.destroyed) this.#unread(entry)
    else carrier[LAST] = entry
  }

  /** Another request has come on a connection: the answer before it was read. */
  connectionReused(connection: Connection): void {
    const last = connection[LAST]
    connection[LAST] = undefined
    if (last?.generation.isOrphan === true) this.#release(last)
  }

  connectionClosed(connection: Connection): void {
    const last = connection[LAST]
    connection[LAST] = undefined
    if (last?.generation.isOrphan !== true) return
    if (performance.now() - last.writtenAt < UNREAD_MS) this.#unread(last)
    else this.#release(last)
  }

  /** A failure of the same request that nobody may answer with another purchase. */
  #failedBefore(identity: OrderIdentity): Generation | undefined {
    for (const entry of this.#list.newestFirst())
      if (hasFailed(entry) && entry.identity.equals(identity)) return entry.generation
    return undefined
  }

  /** Every generation that is under way. */
  underWay(): Generation[] {
    return [...this.#list.oldestFirst()].map(({ generation }) => generation).filter(({ state }) => state !== 'settled')
  }

  /** Forgets everything: the process ends. */
  close(): void {
    clearTimeout(this.#sweeping)
    for (const entry of Array.from(this.#list.oldestFirst())) this.#release(entry)
  }

  /** The likeliest predecessor: one that was left, one that seems to be there still, one that is not kept any more. */
  #predecessor(identity: OrderIdentity): Entry | undefined {
    let best: Entry | undefined
    let bestRank = 0
    for (const entry of this.#list.newestFirst()) {
      const rank = rankOf(entry, identity)
      if (rank <= bestRank || !entry.identity.equals(identity)) continue
      best = entry
      bestRank = rank
    }
    return best
  }

  #usable(entry: Entry): Generation {
    const { generation } = entry
    if (generation.kept?.isWhole !== false) return generation
    if (!this.#toldLost.includes(entry)) this.#toldLost.push(entry)
    const message = `The answer to this request was bought as generation ${generation.id}, and is not kept any more. It was not bought again.`
    const headers = { 'x-gateway-generation': generation.id }
    throw new GatewayError('answer_not_kept', message, { headers })
  }

  #unread(entry: Entry): void {
    entry.delivery = 'unread'
    this.#keep(entry)
  }

  #keep(entry: Entry, ttlMs = this.#ttlMs): void {
    clearTimeout(entry.timer)
    entry.timer = setTimeout(() => this.#release(entry), ttlMs).unref()
    void entry.identity.digest // computed while the body is there, which can go then
  }

  #release(entry: Entry): void {
    clearTimeout(entry.timer)
    this.#list.remove(entry)
    entry.generation.kept?.drop()
    entry.generation.entry = undefined
    if (this.#toldLost.length > 0) this.#toldLost = this.#toldLost.filter((lost) => lost !== entry)
    const key = keyOf(entry.identity)
    if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.delete(key)
  }

  /** Releases what was written so long ago that it has been read, whatever becomes of its connection. */
  #sweep(): void {
    const isRead = ({ delivery, writtenAt, generation }: Entry): boolean =>
      delivery === 'written' && generation.isOrphan && performance.now() - writtenAt >= UNREAD_MS
    for (const entry of [...this.#list.oldestFirst()].filter(isRead)) this.#release(entry)
    const isSomeLeft = this.#list.oldestFirst().some(({ delivery }) => delivery === 'written')
    this.#sweeping = isSomeLeft ? setTimeout(() => this.#sweep(), UNREAD_MS / 2).unref() : undefined
  }

  /** Its generation is remembered, so that a retry is told honestly. */
  #dropOldestOnDisk(): boolean {
    for (const { generation } of this.#list.oldestFirst()) {
      if (generation.state !== 'settled' || !generation.isOrphan || (generation.kept?.diskBytes ?? 0) === 0) continue
      generation.kept?.drop()
      return true
    }
    return false
  }

  #largestInMemory(): KeptAnswer | undefined {
    let largest: KeptAnswer | undefined
    for (const { generation } of this.#list.oldestFirst())
      if ((generation.kept?.memoryBytes ?? 0) > (largest?.memoryBytes ?? 0)) largest = generation.kept
    return largest
  }
}

/** How likely an entry is the retry's predecessor; 0: it is not. */
function rankOf({ generation, identity, delivery, retryCount }: Entry, retry: OrderIdentity): number {
  if (identity.retryCount >= retry.retryCount) return 0
  const isNext = retryCount === retry.retryCount - 1
  if (delivery === 'written') return isNext ? 1 : 0
  // Whoever has read of an ambiguous failure does not send again; this one may have left before it read that.
  if (delivery === 'told') return 2
  if (!generation.isOrphan) return isNext ? 5 : 0
  if (generation.kept?.isWhole === false) return 3
  if (generation.failure !== undefined) return 4
  if (delivery === 'unread') return 6
  return isNext ? 8 : 7
}

/** Its client knows, or could know if it had stayed, that the image may exist and be billed. */
function hasFailed({ delivery, generation }: Entry): boolean {
  return delivery === 'told' || (generation.isOrphan && generation.failure !== undefined)
}

/** Its client is gone, and has not read it, as far as can be told. */
function wasLeft({ generation, delivery }: Entry): boolean {
  return generation.isOrphan && delivery !== 'written'
}

/** Idempotency keys are each caller's own. */
function keyOf({ caller, idempotencyKey }: OrderIdentity): string | undefined {
  return idempotencyKey === undefined ? undefined : `${caller}\n${idempotencyKey}`
}

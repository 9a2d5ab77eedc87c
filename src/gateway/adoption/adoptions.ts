import { answerNotKept, idempotencyKeyReused, orderUnderWay } from '../../accounting/ordered-before.ts'
import { isAmbiguous } from '../../errors/gateway-error.ts'
import { AgeList } from '../generation/age-list.ts'
import { KeptAnswers } from '../generation/kept-answers.ts'
import { adoptable } from './adoptable.ts'
import { GoneOrders } from './gone-orders.ts'
import { PREFERENCE, preferenceOf, standingOf, WITHOUT_MARKS } from './standing.ts'
import type { Socket } from 'node:net'
import type { SpoolDirectory } from '../../spool/spool-file.ts'
import type { Clock, Timer } from '../generation/clock.ts'
import type { Generation } from '../generation/generation.ts'
import type { KeptAnswer } from '../generation/kept-answer.ts'
import type { Adoptable } from './adoptable.ts'
import type { Marks, OrderIdentity } from './order-identity.ts'
import type { Standing } from './standing.ts'

/** A connection that is closed so soon after an answer's last byte may have been given up before that was read. */
const UNREAD_MS = 2000
/** How long a retry waits for its predecessor to be seen leaving: both are on their way at the same time. */
const LEAVING_MS = 250
const LOOK_AGAIN_MS = 10
/**
 * How long an ambiguous failure is repeated to its caller instead of buying again. Many clients send again by themselves,
 * within seconds, and few of them heed `x-should-retry`.
 */
const FAILED_MS = 15_000

/** Each takes about 4.5 kB beside its answer. */
const MAX_REMEMBERED = 10_000

/** Its client is gone without the answer, as far as the gateway can tell. */
const IS_GONE: ReadonlySet<Standing> = new Set<Standing>(['left', 'unread', 'failed', 'lost', 'failureTold'])

/** The answer that a connection carried last, until there is another request on it. */
const LAST = Symbol('last answer')
interface Connection extends Socket {
  [LAST]?: Adoptable | undefined
}

export interface AdoptionsOptions {
  readonly directory: SpoolDirectory
  /** How long an answer is kept for a client that comes back; 0 keeps nothing. */
  readonly ttlMs: number
  readonly maxDiskBytes: number
  readonly clock: Clock
  /** Generations that are remembered at once; beyond it the oldest that nobody waits for are forgotten. */
  readonly maxRemembered?: number
}

/**
 * Which generations a later request can take over, and for how long: those under way, those whose client left before it
 * had its answer, those with an Idempotency-Key.
 */
export class Adoptions {
  readonly #ttlMs: number
  readonly #clock: Clock
  readonly #maxRemembered: number
  readonly #list = new AgeList<Adoptable>()
  readonly #byKey = new Map<string, Adoptable>()
  readonly #kept: KeptAnswers
  readonly #gone = new GoneOrders()
  #sweeping: Timer | undefined
  /** Their answers are not kept, and a retry has been told so: an order that is placed anew starts afresh. */
  #toldLost: Adoptable[] = []

  constructor({ directory, ttlMs, maxDiskBytes, clock, maxRemembered = MAX_REMEMBERED }: AdoptionsOptions) {
    this.#ttlMs = ttlMs
    this.#clock = clock
    this.#maxRemembered = maxRemembered
    this.#kept = new KeptAnswers({ directory, maxDiskBytes, clock })
  }

  /** Keeps the answer of a new generation; undefined where nothing is kept. */
  createKept(): KeptAnswer | undefined {
    return this.#ttlMs === 0 ? undefined : this.#kept.create()
  }

  /** A generation has been started. */
  add(generation: Generation, identity: OrderIdentity): Adoptable {
    for (const lost of this.#toldLost.filter((one) => one.identity.equals(identity))) this.#forget(lost)
    const added = adoptable(generation, identity)
    this.#list.add(added)
    if (this.#list.size > this.#maxRemembered) this.#forgetOldest()
    const { key } = identity
    if (key !== undefined) this.#byKey.set(key, added)
    return added
  }

  /**
   * The generation of an earlier attempt of the same request.
   * @throws GatewayError 409 where its answer is not kept; 422 where the Idempotency-Key was used for something else
   */
  async find(identity: OrderIdentity): Promise<Adoptable | undefined> {
    const twin = this.twinOf(identity)
    if (twin !== undefined) return twin
    const { retryCount, idempotencyKey, declinesAdoption } = identity.marks
    if (declinesAdoption) return undefined
    // With an Idempotency-Key of its own a client says that it wants another picture.
    if (retryCount === 0) return idempotencyKey === undefined ? this.#nobodyGot(identity) : undefined
    const until = this.#clock.now() + LEAVING_MS
    /** Its client seemed to be there when the retry came. */
    let present: Adoptable | undefined
    for (;;) {
      const candidate = this.#predecessor(identity)
      const standing = candidate === undefined ? undefined : standingOf(candidate)
      if (candidate !== undefined && standing !== undefined && IS_GONE.has(standing)) return this.#usable(candidate)
      // A client that has its whole answer and an open connection is not the one retrying.
      if (standing === 'running') present = candidate
      if (candidate === undefined || this.#clock.now() > until)
        return present === undefined || present.isForgotten ? undefined : this.#usable(present)
      await new Promise<void>((resolve) => this.#clock.after(LOOK_AGAIN_MS, resolve))
    }
  }

  /** The generation with the same Idempotency-Key. @throws as find */
  twinOf(identity: OrderIdentity): Adoptable | undefined {
    const { key } = identity
    const twin = key === undefined ? undefined : this.#byKey.get(key)
    if (twin === undefined) return undefined
    if (twin.identity.equals(identity)) return this.#usable(twin)
    throw idempotencyKeyReused()
  }

  /** Whether a request with these headers may be given a generation that there is, as far as they tell. */
  mightAdopt(caller: string, { retryCount, idempotencyKey, declinesAdoption }: Marks): boolean {
    if (idempotencyKey !== undefined && this.#byKey.has(`${caller}\n${idempotencyKey}`)) return true
    if (declinesAdoption) return false
    const isCandidate = (one: Adoptable): boolean => one.identity.caller === caller && (retryCount > 0 || one.isGone)
    return this.#list.oldestFirst().some(isCandidate)
  }

  /** A generation is given to another attempt. */
  given(given: Adoptable, { marks: { retryCount } }: OrderIdentity): void {
    this.#clock.clear(given.timer)
    this.#gone.remove(given)
    given.delivery = 'none'
    given.retryCount = Math.max(given.retryCount, retryCount)
  }

  /** The upstream call of a generation has come to its end. */
  settled(settled: Adoptable): void {
    const { failure, isOrphan } = settled.generation
    if (failure !== undefined && !isAmbiguous(failure)) this.#forget(settled)
    else if (isOrphan) this.#keep(settled)
  }

  /** The last client is gone; `connection`: it has all of the answer, as far as can be told. */
  lastClientLeft(left: Adoptable, connection: Connection | undefined): void {
    if (left.isForgotten) return
    const { generation, identity } = left
    if (generation.state !== 'settled') return this.#gone.add(left)
    generation.kept?.claimAs(connection === undefined ? 'owed' : 'delivered')
    if (generation.failure !== undefined && connection !== undefined) left.delivery = 'told'
    if (connection === undefined || left.delivery === 'told') this.#gone.add(left)
    if (connection === undefined || identity.key !== undefined) return this.#keep(left)
    if (left.delivery === 'told') return this.#keep(left, FAILED_MS)
    left.delivery = 'written'
    left.writtenAt = this.#clock.now()
    this.#sweeping ??= this.#clock.background(UNREAD_MS, () => this.#sweep())
    if (connection.destroyed) this.#unread(left)
    else connection[LAST] = left
  }

  /** Another request has come on a connection: the answer before it was read. */
  connectionReused(connection: Connection): void {
    const last = connection[LAST]
    connection[LAST] = undefined
    if (last?.generation.isOrphan === true) this.#forget(last)
  }

  connectionClosed(connection: Connection): void {
    const last = connection[LAST]
    connection[LAST] = undefined
    if (last?.generation.isOrphan !== true) return
    if (this.#clock.now() - last.writtenAt < UNREAD_MS) this.#unread(last)
    else this.#forget(last)
  }

  /** Every generation that is under way. */
  underWay(): Generation[] {
    return [...this.#list.oldestFirst()].map(({ generation }) => generation).filter(({ state }) => state !== 'settled')
  }

  /** Forgets everything: the process ends. */
  close(): void {
    this.#clock.clear(this.#sweeping)
    for (const one of Array.from(this.#list.oldestFirst())) this.#forget(one)
  }

  /** An equal order whose only client left without its answer, or that failed a moment ago and may have been billed. */
  #nobodyGot(identity: OrderIdentity): Adoptable | undefined {
    const equal = this.#gone.equalTo(identity).filter(canBeGiven)
    for (const wanted of WITHOUT_MARKS) {
      const found = equal.find((one) => standingOf(one) === wanted && (wanted === 'left' || this.#hasJustFailed(one)))
      if (found !== undefined) return found
    }
    return undefined
  }

  #hasJustFailed({ generation: { endedAt } }: Adoptable): boolean {
    return endedAt !== undefined && this.#clock.now() - endedAt < FAILED_MS
  }

  /** The generation that the retry most likely belongs to; of equally likely ones the newest. */
  #predecessor(identity: OrderIdentity): Adoptable | undefined {
    let best: Adoptable | undefined
    let bestPreference = PREFERENCE.length
    for (const candidate of this.#list.newestFirst()) {
      const preference = preferenceOf(candidate, identity.marks.retryCount)
      if (preference >= bestPreference || !canBeGiven(candidate) || !candidate.identity.equals(identity)) continue
      best = candidate
      bestPreference = preference
    }
    return best
  }

  #usable(candidate: Adoptable): Adoptable {
    const { generation } = candidate
    if (generation.kept?.isWhole === true || generation.failure !== undefined) return candidate
    const isNeverKept = generation.kept === undefined
    if (isNeverKept && generation.state !== 'settled') throw orderUnderWay(generation.id)
    if (!this.#toldLost.includes(candidate)) this.#toldLost.push(candidate)
    throw answerNotKept(generation.id)
  }

  #unread(unread: Adoptable): void {
    unread.delivery = 'unread'
    unread.generation.kept?.claimAs('owed')
    this.#keep(unread)
  }

  #keep(kept: Adoptable, ttlMs = this.#ttlMs): void {
    this.#clock.clear(kept.timer)
    kept.timer = this.#clock.background(ttlMs, () => this.#forget(kept))
    void kept.identity.digest // computed while the body is there, which can go then
  }

  /** Forgets the oldest generation that has settled and that nobody waits for. */
  #forgetOldest(): void {
    const isIdle = ({ generation }: Adoptable): boolean => generation.isOrphan && generation.state === 'settled'
    const oldest = this.#list.oldestFirst().find(isIdle)
    if (oldest !== undefined) this.#forget(oldest)
  }

  #forget(forgotten: Adoptable): void {
    if (forgotten.isForgotten) return
    forgotten.isForgotten = true
    this.#clock.clear(forgotten.timer)
    this.#list.remove(forgotten)
    this.#gone.remove(forgotten)
    forgotten.generation.kept?.discard()
    if (this.#toldLost.length > 0) this.#toldLost = this.#toldLost.filter((lost) => lost !== forgotten)
    const { key } = forgotten.identity
    if (key !== undefined && this.#byKey.get(key) === forgotten) this.#byKey.delete(key)
  }

  /** Forgets answers that were written so long ago that they have been read, even if their connections are open. */
  #sweep(): void {
    const isRead = ({ delivery, writtenAt, generation }: Adoptable): boolean =>
      delivery === 'written' && generation.isOrphan && this.#clock.now() - writtenAt >= UNREAD_MS
    for (const read of [...this.#list.oldestFirst()].filter(isRead)) this.#forget(read)
    const isSomeLeft = this.#list.oldestFirst().some(({ delivery }) => delivery === 'written')
    this.#sweeping = isSomeLeft ? this.#clock.background(UNREAD_MS / 2, () => this.#sweep()) : undefined
  }
}

/** There is an answer to give from its first byte, or a failure to repeat. Where nothing is kept there is neither. */
function canBeGiven({ generation: { kept, failure } }: Adoptable): boolean {
  return kept !== undefined || failure !== undefined
}

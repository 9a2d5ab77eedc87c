import { picturesOf } from './kinds.ts'
import { staysFor } from './plan.ts'
import { TIMED_OUT } from './requests.ts'
import type { Order } from './plan.ts'
import type { Attempt } from './upstream.ts'
import type { Ending } from './requests.ts'

/** An order that is over. */
export interface Placed {
  readonly order: Order
  readonly endings: readonly Ending[]
  /** The ending of the same order placed anew after a 409. */
  readonly again: Ending | undefined
  /** When a plain client gave up and sent the same again. */
  readonly gaveUpAt: readonly number[]
  readonly endedAt: number
}

/** Counts over all orders. */
export interface Tally {
  purchases: number
  again: number
  obtained: number
  verified: number
  refused: number
  failed: number
  tooLate: number
  left: number
}

export function newTally(): Tally {
  return { purchases: 0, again: 0, obtained: 0, verified: 0, refused: 0, failed: 0, tooLate: 0, left: 0 }
}

/** The state of the run while the order was under way. */
export interface Circumstances {
  readonly hadOutage: boolean
  /** An answer that comes so shortly before a client gives up may not reach it. */
  readonly marginMs: (from: number, to: number) => number
}

const REFUSALS = new Set([
  'rate_limit_exceeded',
  'upstream_overloaded',
  'model_not_found',
  'moderation_blocked',
  'upstream_unreachable',
])
const FAILURES = new Set(['upstream_failed', 'upstream_timeout', 'upstream_invalid_response', 'cut'])

/** Judges the orders of one subject: adds to the tally, and returns a sentence for each broken promise. */
export function judge(
  placed: readonly Placed[],
  attempts: readonly Attempt[],
  { hadOutage, marginMs }: Circumstances,
  tally: Tally,
): string[] {
  const wrong: string[] = []
  const again = placed.filter((one) => one.again !== undefined).length
  const close = closeCalls(placed, attempts, marginMs)
  const allowed = placed.length + again + close
  const bought = attempts.filter(({ fault }) => fault.buys)
  const mayBeBought = attempts.filter(({ fault }) => fault.meaning !== 'refusal')
  tally.again += again
  tally.purchases += bought.length
  if (bought.length > allowed) wrong.push(`${bought.length} purchases for ${allowed} orders`)
  else if (mayBeBought.length > allowed) wrong.push(`sent ${mayBeBought.length} times for ${allowed} orders`)
  const obtained = new Set<string>()
  for (const one of placed) {
    for (const ending of [...one.endings, ...(one.again === undefined ? [] : [one.again])]) {
      if (ending.pictures === undefined) continue
      const made = attempts.find((attempt) => isOf(attempt, ending.pictures ?? []))
      if (made === undefined) wrong.push('a picture that was not made for it')
      else obtained.add(String(made.number))
      if (made !== undefined) tally.verified++
    }
    wrong.push(...judgeClient(one, attempts, hadOutage, tally))
  }
  const missed = missedBy(placed, attempts, obtained.size + again + close, marginMs)
  if (missed > 0) wrong.push(`${missed} obtainable and not obtained`)
  return wrong
}

/**
 * How often a plain client gave up at the very moment at which its answer came: the gateway has delivered it then, and
 * the same order without a mark is a new one.
 */
function closeCalls(
  placed: readonly Placed[],
  attempts: readonly Attempt[],
  marginMs: Circumstances['marginMs'],
): number {
  const moments = placed.flatMap(({ gaveUpAt }) => gaveUpAt)
  return moments.filter((at) =>
    attempts.some(({ deliveredAt = Infinity }) => Math.abs(deliveredAt - at) < marginMs(Math.min(deliveredAt, at), at)),
  ).length
}

function isOf({ subject, number, fault }: Attempt, pictures: readonly string[]): boolean {
  if (!fault.buys) return false
  const made = picturesOf(subject, number)
  return made.length === pictures.length && made.every((picture, index) => picture === pictures[index])
}

/** Checks that the outcome which a client was told really happened upstream. */
function judgeClient(
  { order, endings, again }: Placed,
  attempts: readonly Attempt[],
  hadOutage: boolean,
  tally: Tally,
): string[] {
  const all = again === undefined ? endings : [...endings, again]
  if (all.some(({ pictures }) => pictures !== undefined)) {
    tally.obtained++
    return []
  }
  if (!staysFor(order)) {
    tally.left++
    return []
  }
  const { why } = all.at(-1) ?? { why: 'nothing' }
  if (REFUSALS.has(why)) {
    tally.refused++
    const isExplained =
      attempts.some(({ fault }) => fault.meaning === 'refusal') ||
      (why === 'upstream_unreachable' && hadOutage) ||
      // The upstream told another order of the model to wait, and this one waits as well.
      why === 'rate_limit_exceeded'
    return isExplained ? [] : [`told ${why}, and the upstream refused nothing`]
  }
  if (FAILURES.has(why)) {
    tally.failed++
    return attempts.some(isUnknown) || hadOutage ? [] : [`told ${why}, and the upstream did not fail`]
  }
  tally.tooLate++
  return why === TIMED_OUT ? [] : [`ended with ${why}`]
}

/** Number of whole answers that came in time for a waiting client and that no client got. */
function missedBy(
  placed: readonly Placed[],
  attempts: readonly Attempt[],
  obtained: number,
  marginMs: Circumstances['marginMs'],
): number {
  const times = attempts.flatMap(({ deliveredAt }) => (deliveredAt === undefined ? [] : [deliveredAt]))
  const staying = placed.filter(({ order }) => staysFor(order))
  const last = Math.max(0, ...staying.map(({ endedAt }) => endedAt))
  const inTime = times.filter((at) => at < last - marginMs(at, last))
  const first = Math.min(...inTime)
  const waited = staying.filter(({ endedAt }) => endedAt > first + marginMs(first, endedAt))
  return Math.min(inTime.length, waited.length) - obtained
}

/** The attempt ended with neither images nor a refusal: the work may have been done. */
export function isUnknown({ fault, deliveredAt }: Attempt): boolean {
  return fault.meaning !== 'refusal' && deliveredAt === undefined
}

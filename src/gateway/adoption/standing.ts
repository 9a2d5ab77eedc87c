import type { Adoptable } from './adoptable.ts'

/**
 * The state of a generation as adoption sees it.
 *
 * - `running`: its client is there, as far as the gateway can see.
 * - `left`: its client left before it had the answer.
 * - `unread`: the connection was closed so soon after the last byte that the client may not have read it.
 * - `delivered`: its client has all of it and an open connection.
 * - `failed`: it failed after its client had left.
 * - `failureTold`: its client was told of the failure.
 * - `lost`: the answer was bought, and is not kept any more.
 */
export type Standing = 'running' | 'left' | 'unread' | 'delivered' | 'failed' | 'failureTold' | 'lost'

/** Derives the standing from state, delivery and kept answer; nothing else in adoption reads these three. */
export function standingOf({ generation, delivery }: Adoptable): Standing {
  if (delivery === 'written') return 'delivered'
  if (delivery === 'told') return 'failureTold'
  if (!generation.isOrphan) return 'running'
  if (generation.kept?.isWhole === false) return 'lost'
  if (generation.failure !== undefined) return 'failed'
  return delivery === 'unread' ? 'unread' : 'left'
}

/** One row of the order of preference. */
export interface Preference {
  readonly standing: Standing
  /** Whether only the attempt right before the retry is meant: the one with a retry count of one less. */
  readonly onlyAttemptBefore: boolean
  readonly because: string
}

/** Which of several equal orders a retry belongs to: the first row that one of them fits. */
export const PREFERENCE: readonly Preference[] = [
  {
    standing: 'left',
    onlyAttemptBefore: true,
    because: 'The attempt before this one left without its answer: this is its retry.',
  },
  {
    standing: 'left',
    onlyAttemptBefore: false,
    because: 'Some earlier attempt left without its answer; retries in between may never have arrived.',
  },
  {
    standing: 'unread',
    onlyAttemptBefore: false,
    because: 'Its connection was closed at the last byte, as a client does whose time is up.',
  },
  {
    standing: 'running',
    onlyAttemptBefore: true,
    because: 'Its client may be leaving at this moment: the retry and the end of the connection are both on their way.',
  },
  {
    standing: 'failed',
    onlyAttemptBefore: false,
    because: 'It failed after its client had left, and may have been billed: the retry is told so.',
  },
  {
    standing: 'lost',
    onlyAttemptBefore: false,
    because: 'It was bought and is not kept any more: the retry is told so, and nothing is bought.',
  },
  {
    standing: 'failureTold',
    onlyAttemptBefore: false,
    because: 'Clients that read of an ambiguous failure do not send again; this one may have left before it read that.',
  },
  {
    standing: 'delivered',
    onlyAttemptBefore: true,
    because: 'A client that has its answer does not ask again; but its connection may turn out to be closed.',
  },
]

/**
 * Which of several equal orders a request without any mark of a retry is given, in this order; of others it buys a new one.
 * An answer that was delivered, read or not, is none of them: people ask twice to get two pictures.
 */
export const WITHOUT_MARKS: readonly Standing[] = ['left', 'failed', 'failureTold']

/**
 * How well a generation fits a retry: the index into `PREFERENCE`, or its length where the retry does not belong to it.
 * Equal bodies are not compared here.
 */
export function preferenceOf(candidate: Adoptable, retryCount: number): number {
  if (candidate.identity.marks.retryCount >= retryCount) return PREFERENCE.length
  const standing = standingOf(candidate)
  const isAttemptBefore = candidate.retryCount === retryCount - 1
  const index = PREFERENCE.findIndex((row) => row.standing === standing && (isAttemptBefore || !row.onlyAttemptBefore))
  return index === -1 ? PREFERENCE.length : index
}

import type { Ending, Hold, LedgerCommand } from './ledger.ts'
import type { Usage } from './usage.ts'

/** A cost in micro-USD; estimated where the upstream reported no usage that the price could be applied to. */
export interface SettledCost {
  readonly costMicros: number
  readonly estimated: boolean
  /** The text model whose tokens are not in the cost, since its price is not known. */
  readonly unpriced?: string
}

/** The facts about the end of a generation, with every verdict. */
interface Settled {
  /** Metrics labels of what was made, where the upstream said it, else of what was asked for. */
  readonly size: string
  readonly quality: string
  /** Previews that a stream sent before its images. */
  readonly partialImages: number
  /** The error code of the failure that ended it; undefined where the answer came to its end. */
  readonly failure: string | undefined
  /** The upstream's own id of the request; only a plain one. */
  readonly upstreamRequestId: string | undefined
  /** When it ended, in milliseconds since 1970. */
  readonly endedAt: number
  /** From the request upstream to the end of its answer, waits between attempts included. */
  readonly upstreamMs: number
  /** From the client's request to the end of the answer. */
  readonly durationMs: number
  /** From the request upstream to the first event of a stream; undefined where there was none. */
  readonly firstEventMs: number | undefined
  /** Images came whose price is by the token, and the upstream reported no tokens. */
  readonly isUsageMissing: boolean
}

/** Images were made. They cost the usage that the upstream reported, else an estimate. */
export interface Bought extends Settled {
  readonly verdict: 'bought'
  readonly images: number
  readonly usage: Usage | undefined
  /** Undefined where the model has no price. */
  readonly cost: SettledCost | undefined
}

/** Nothing was made, or the upstream said that it failed: it costs nothing. */
export interface Free extends Settled {
  readonly verdict: 'free'
  readonly images: 0
  readonly usage: undefined
  readonly cost: undefined
}

/** Nobody said whether the images were made: the most that they can cost is booked, marked as estimated. */
export interface Unknown extends Settled {
  readonly verdict: 'unknown'
  /** Images of an answer that had begun; 0 where none had, although they may have been made. */
  readonly images: number
  /** Images that may have been made. */
  readonly imagesAsked: number
  readonly usage: undefined
  readonly cost: SettledCost | undefined
}

/**
 * The result of a generation. The ledger, the metrics, the log line and the cost header are given this record and
 * nothing else, so that sums over them agree.
 */
export type Settlement = Bought | Free | Unknown

/** The command that ends a hold with the settlement of its generation. */
export function endingCommand(hold: Hold, settlement: Settlement): LedgerCommand {
  const { verdict, images, usage, cost, size, quality, failure } = settlement
  const { endedAt, upstreamRequestId, upstreamMs, durationMs } = settlement
  const ending: Ending = { endedAt, errorCode: failure, upstreamRequestId, upstreamMs, durationMs }
  if (verdict === 'free') return { verb: 'release', hold, ending }
  if (verdict === 'unknown')
    return { verb: 'bookEstimated', hold, ending: { ...ending, images: settlement.imagesAsked } }
  const price = { costMicros: cost?.costMicros, isEstimated: cost?.estimated ?? false }
  return { verb: 'settle', hold, ending: { ...ending, ...price, images, usage, size, quality } }
}

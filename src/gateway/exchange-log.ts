import { usdOf } from '../accounting/money.ts'
import { systemCode } from '../errors/system-error.ts'
import { knownCode } from '../upstream/known-codes.ts'
import { upstreamRequestId } from './answers/relayed-headers.ts'
import type { Logger } from 'pino'
import type { Settlement } from '../accounting/settlement.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Exchange } from './exchange.ts'
import type { Generation } from './generation/generation.ts'

/** How an exchange ended on its connection. */
export interface ExchangeEnding {
  readonly status: number
  /** All of the answer was written to the connection. */
  readonly isDelivered: boolean
  /** Requests that machines repeat all day are logged at debug. */
  readonly isRoutine: boolean
}

/** Writes one line for each exchange and counts it. Never the prompt, a key, a URL or a message: those may hold both. */
export class ExchangeLog {
  readonly #logger: Logger
  readonly #metrics: Metrics

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger
    this.#metrics = metrics
  }

  exchangeEnded(exchange: Exchange, { status, isDelivered, isRoutine }: ExchangeEnding): void {
    const { generation, error, labels, overheadMs, bytesRelayed } = exchange
    const outcome = exchange.outcome(isDelivered)
    const durationMs = performance.now() - exchange.startedAt
    this.#metrics.exchangeEnded(labels, outcome, status, durationMs, overheadMs)
    if (outcome === 'rejected' && error !== undefined) this.#metrics.rejected(error.code)
    if (bytesRelayed > 0) this.#metrics.bytesRelayed(labels, bytesRelayed)
    const level = isRoutine ? 'debug' : outcome === 'upstream_failed' || status >= 500 ? 'warn' : 'info'
    if (!this.#logger.isLevelEnabled(level)) return
    // A generation's usage stands in one line only, so that sums over lines are right.
    const isFirst = generation?.isLogged === false && generation.settlement !== undefined
    if (isFirst) generation.isLogged = true
    // One literal: pino leaves out what is undefined, and an object of one shape is cheaper than spreading parts.
    const settlement = isFirst ? generation.settlement : undefined
    const usage = settlement?.usage
    this.#logger[level](
      {
        requestId: exchange.id,
        outcome,
        status,
        endpoint: labels.endpoint,
        model: labels.model,
        key: labels.key,
        code: error?.code,
        param: knownParam(error),
        failure: generation?.failure?.code,
        cause: systemCode(generation?.failure?.cause),
        dropped: exchange.droppedParameters.length || undefined,
        defaulted: exchange.defaultedParameters.length || undefined,
        generationId: generation?.id,
        adopted: exchange.isAdopter || undefined,
        retries: generation === undefined || generation.attempts === 1 ? undefined : generation.attempts - 1,
        upstreamStatus: generation?.status || undefined,
        upstreamCode: knownCode(generation?.failure?.details.origin?.code),
        upstreamRequestId: generation === undefined ? undefined : upstreamRequestId(generation.headers),
        size: settlement?.size,
        quality: settlement?.quality,
        images: settlement?.images,
        partialImages: generation?.isStream === true ? generation.settlement?.partialImages : undefined,
        firstEventMs: rounded(generation?.firstEventMs),
        inputTokens: usage?.inputTokens,
        outputTokens: usage?.outputTokens,
        totalTokens: usage?.totalTokens,
        costUsd: usdOf(settlement?.cost?.costMicros),
        costEstimated: settlement?.cost?.estimated,
        costUnpriced: settlement?.cost?.unpriced,
        bytes: bytesRelayed,
        upstreamMs: rounded(generation?.settlement?.upstreamMs),
        overheadMs: rounded(overheadMs),
        durationMs: rounded(durationMs),
      },
      'request',
    )
  }

  /** The end of a generation whose client had left: its usage would otherwise stand in no line. */
  orphanSettled(exchange: Exchange, generation: Generation, settlement: Settlement): void {
    const { model, key } = exchange.labels
    const { failure, size, quality, images, usage, cost, upstreamMs } = settlement
    generation.isLogged = true
    this.#logger.info(
      {
        requestId: exchange.id,
        generationId: generation.id,
        model,
        key,
        failure,
        size,
        quality,
        images,
        inputTokens: usage?.inputTokens,
        outputTokens: usage?.outputTokens,
        totalTokens: usage?.totalTokens,
        costUsd: cost === undefined ? undefined : usdOf(cost.costMicros),
        costEstimated: cost?.estimated,
        costUnpriced: cost?.unpriced,
        upstreamMs: rounded(upstreamMs),
      },
      'generation settled after its client had left',
    )
  }
}

/** The parameter's name, where it is one of ours: an unknown one is the client's own text, the upstream's may be. */
function knownParam(error: GatewayError | undefined): string | undefined {
  if (error === undefined || error.code === 'unknown_parameter' || error.details.wire !== undefined) return undefined
  return error.details.param?.split(/[.[]/, 1)[0]
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 100) / 100
}

import { upstreamRequestId } from './headers.ts'
import type { Logger } from 'pino'
import type { Metrics } from '../metrics.ts'
import type { Exchange } from './exchange.ts'
import type { Generation } from './generation.ts'
import type { Generations, Settlement } from './generations.ts'

/** Writes one line for each exchange and counts it. Never the prompt, a key, a URL or a message: those may hold both. */
export class ExchangeLog {
  readonly #logger: Logger
  readonly #metrics: Metrics
  #generations: Generations | undefined

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger
    this.#metrics = metrics
  }

  /** The generations whose settlements stand in the lines. */
  follow(generations: Generations): void {
    this.#generations = generations
  }

  exchangeEnded(exchange: Exchange, status: number, isDelivered: boolean, isRoutine: boolean): void {
    const { generation, error, labels, startedAt, overheadMs, bytesRelayed } = exchange
    const outcome = exchange.outcome(isDelivered)
    const durationMs = performance.now() - startedAt
    this.#metrics.exchangeEnded(labels, outcome, status, durationMs, overheadMs)
    if (outcome === 'rejected' && error !== undefined) this.#metrics.rejected(error.code)
    if (bytesRelayed > 0) this.#metrics.bytesRelayed(labels, bytesRelayed)
    const level = isRoutine ? 'debug' : outcome === 'upstream_failed' || status >= 500 ? 'warn' : 'info'
    if (!this.#logger.isLevelEnabled(level)) return
    this.#logger[level](
      {
        requestId: exchange.id,
        outcome,
        status,
        endpoint: labels.endpoint,
        model: labels.model,
        key: labels.key,
        ...(error === undefined ? {} : { code: error.code, param: error.details.param ?? undefined }),
        ...(exchange.droppedParameters.length === 0 ? {} : { dropped: exchange.droppedParameters.length }),
        ...(generation === undefined ? {} : this.#describe(generation)),
        bytes: bytesRelayed,
        durationMs: rounded(durationMs),
        overheadMs: overheadMs === undefined ? undefined : rounded(overheadMs),
      },
      'request',
    )
  }

  /** The end of a generation whose client had left: its usage would otherwise stand in no line. */
  orphanSettled(exchange: Exchange, generation: Generation, settlement: Settlement): void {
    const { model, key } = exchange.labels
    this.#logger.info({ requestId: exchange.id, model, key, ...describe(generation, settlement) }, 'generation settled after its client had left')
  }

  #describe(generation: Generation): Record<string, unknown> {
    return describe(generation, this.#generations?.settlementOf(generation))
  }
}

function describe(generation: Generation, settlement: Settlement | undefined): Record<string, unknown> {
  const { facts, failure, dispatchedAt, endedAt } = generation
  const usage = facts?.usage
  return {
    generationId: generation.id,
    upstreamStatus: generation.status === 0 ? undefined : generation.status,
    upstreamRequestId: upstreamRequestId(generation.headers),
    upstreamMs: endedAt === undefined ? undefined : rounded(endedAt - dispatchedAt),
    ...(failure === undefined ? {} : { failure: failure.code, upstreamCode: failure.details.headers?.['x-gateway-upstream-code'], cause: causeCode(failure) }),
    ...(settlement === undefined
      ? {}
      : {
          images: settlement.images,
          size: settlement.size,
          quality: settlement.quality,
          costUsd: settlement.cost === undefined ? undefined : settlement.cost.costMicros / 1e6,
          costEstimated: settlement.cost?.estimated,
        }),
    ...(usage === undefined ? {} : { inputTokens: usage.inputTokens, outputTokens: usage.outputTokens, totalTokens: usage.totalTokens }),
  }
}

/** The system's or undici's code of a broken connection: `ECONNREFUSED`, `UND_ERR_SOCKET`. */
function causeCode({ cause }: Error): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { LabelValues } from 'prom-client'
import type { Usage } from './usage/usage.ts'

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600]
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144]

const OUTCOMES = ['completed', 'rejected', 'upstream_failed', 'client_left'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Labels that say whose request it was, for which model. */
export interface CallLabels {
  readonly endpoint: string
  readonly model: string
  readonly key: string
}

/** One generation's end, in the units of the ledger. */
export interface SettledGeneration extends CallLabels {
  readonly upstreamMs: number
  readonly usage: Usage | undefined
  readonly images: number
  readonly partialImages: number
  /** Undefined where there was no stream. */
  readonly firstEventMs: number | undefined
  readonly size: string
  readonly quality: string
  readonly costMicros: number | undefined
  /** An image came, its price is by the token, and the upstream reported none. */
  readonly usageMissing: boolean
  /** `error.type` of OpenTelemetry's GenAI conventions; undefined where images came. */
  readonly failure: string | undefined
}

/** Every metric as a table: name → type, help, labels. docs/metrics.md has the same; a test compares. */
function createInstruments(registry: Registry) {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers })
  const histogram = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: readonly number[],
  ) => new Histogram<L>({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers })
  return {
    requests: counter('comet_requests_total', 'Exchanges by outcome and HTTP status.', [
      'endpoint',
      'model',
      'key',
      'outcome',
      'status',
    ]),
    requestSeconds: histogram(
      'comet_request_duration_seconds',
      'From the request to the last byte of the answer.',
      ['endpoint', 'model'],
      SECONDS,
    ),
    upstreamSeconds: histogram(
      'comet_upstream_duration_seconds',
      'From the request upstream to the end of its answer.',
      ['endpoint', 'model'],
      SECONDS,
    ),
    firstEventSeconds: histogram(
      'comet_first_event_seconds',
      'From the request upstream to the first event of its stream.',
      ['endpoint', 'model'],
      SECONDS,
    ),
    overheadSeconds: histogram(
      'comet_overhead_seconds',
      'What the gateway itself added to an exchange.',
      ['endpoint'],
      OVERHEAD_SECONDS,
    ),
    tokens: counter('comet_tokens_total', 'Tokens the upstream reported; input and output add up to the total.', [
      'model',
      'key',
      'type',
    ]),
    tokenDetails: counter('comet_token_details_total', 'Tokens by kind, where the upstream tells them apart.', [
      'model',
      'key',
      'type',
    ]),
    images: counter('comet_images_total', 'Images the upstream delivered.', ['model', 'key', 'size', 'quality']),
    partialImages: counter('comet_partial_images_total', 'Previews that streams sent before their images.', [
      'model',
      'key',
    ]),
    imageBytes: counter('comet_image_bytes_total', 'Bytes of image answers relayed to clients.', ['model', 'key']),
    cost: counter('comet_cost_usd_total', 'Cost in USD at list prices, estimates included.', ['model', 'key']),
    rejections: counter('comet_rejections_total', 'Requests the gateway refused, by error code.', ['reason']),
    dropped: counter('comet_dropped_parameters_total', 'Parameters left out under the drop policy.', [
      'model',
      'param',
    ]),
    ambiguous: counter(
      'comet_ambiguous_failures_total',
      'Failures after the request was sent: the image may exist and be billed.',
      [],
    ),
    usageMissing: counter('comet_usage_missing_total', 'Image answers of token-priced models without usage.', [
      'model',
    ]),
    inFlight: gauge('comet_in_flight', 'Generations under way.', []),
    orphans: gauge('comet_orphans', 'Generations under way whose client has left.', []),
    buildInfo: gauge('comet_build_info', 'Always 1; the labels say what runs.', ['version', 'node']),
    genAiTokens: histogram(
      'gen_ai_client_token_usage',
      'OpenTelemetry GenAI: tokens of one operation.',
      ['gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_token_type'],
      TOKENS,
    ),
    genAiSeconds: histogram(
      'gen_ai_client_operation_duration_seconds',
      'OpenTelemetry GenAI: duration of one operation.',
      ['gen_ai_operation_name', 'gen_ai_request_model', 'error_type'],
      SECONDS,
    ),
  }
}

const OPERATION = { gen_ai_operation_name: 'image_generation' }
const TOKEN_DETAILS = [
  ['input_text', 'inputTextTokens'],
  ['input_image', 'inputImageTokens'],
  ['input_cached', 'inputCachedTokens'],
  ['output_text', 'outputTextTokens'],
  ['output_image', 'outputImageTokens'],
] as const satisfies readonly (readonly [string, keyof Usage])[]

/**
 * Sums that wait for the next scrape. prom-client hashes and validates labels at every `inc`, which cost a tenth of
 * the hot path with a dozen counters a request; here an increment is an addition in a Map.
 */
class Tally<L extends string> {
  readonly #counter: Counter<L>
  readonly #series = new Map<string, { readonly labels: LabelValues<L>; waiting: number }>()

  constructor(counter: Counter<L>) {
    this.#counter = counter
  }

  /** @param id the label values joined; `labels` is called for a new series only */
  add(id: string, value: number, labels: () => LabelValues<L>): void {
    const series = this.#series.get(id)
    if (series === undefined) this.#series.set(id, { labels: labels(), waiting: value })
    else series.waiting += value
  }

  flush(): void {
    for (const series of this.#series.values()) {
      this.#counter.inc(series.labels, series.waiting)
      series.waiting = 0
    }
  }
}

/**
 * The gateway's metrics, one registry per app. All verbs are cheap and never throw; label values come from closed
 * sets (catalogue ids, configured key names, error codes), never from a request.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #instruments = createInstruments(this.#registry)
  readonly #requests = new Tally(this.#instruments.requests)
  readonly #tokens = new Tally(this.#instruments.tokens)
  readonly #tokenDetails = new Tally(this.#instruments.tokenDetails)
  readonly #images = new Tally(this.#instruments.images)
  readonly #imageBytes = new Tally(this.#instruments.imageBytes)
  readonly #cost = new Tally(this.#instruments.cost)

  constructor(version: string) {
    collectDefaultMetrics({ register: this.#registry })
    this.#instruments.buildInfo.set({ version, node: process.version }, 1)
  }

  /** The content type of `exposition`. */
  get contentType(): string {
    return this.#registry.contentType
  }

  /** All metrics in Prometheus' text format. */
  async exposition(): Promise<string> {
    const tallies = [this.#requests, this.#tokens, this.#tokenDetails, this.#images, this.#imageBytes, this.#cost]
    for (const tally of tallies) tally.flush()
    return this.#registry.metrics()
  }

  /** Starts the series of known label sets at 0, so that a rate is right from the first request on. */
  startAtZero(
    endpoints: readonly string[],
    models: readonly string[],
    keys: readonly string[],
    reasons: readonly string[],
  ): void {
    for (const reason of reasons) this.#instruments.rejections.inc({ reason }, 0)
    for (const key of keys) {
      for (const model of models) {
        this.#addCost(model, key, 0)
        for (const type of ['input', 'output']) this.#addTokens(model, key, type, 0)
        for (const endpoint of endpoints) this.#addRequest({ endpoint, model, key }, 'completed', 200, 0)
      }
    }
  }

  exchangeEnded(
    labels: CallLabels,
    outcome: Outcome,
    status: number,
    durationMs: number,
    overheadMs: number | undefined,
  ): void {
    const { endpoint, model } = labels
    this.#addRequest(labels, outcome, status, 1)
    this.#instruments.requestSeconds.observe({ endpoint, model }, durationMs / 1000)
    if (overheadMs !== undefined) this.#instruments.overheadSeconds.observe({ endpoint }, overheadMs / 1000)
  }

  rejected(reason: string): void {
    this.#instruments.rejections.inc({ reason })
  }

  parametersDropped(model: string, params: readonly string[]): void {
    for (const param of params) this.#instruments.dropped.inc({ model, param })
  }

  ambiguousFailure(): void {
    this.#instruments.ambiguous.inc()
  }

  generationStarted(): void {
    this.#instruments.inFlight.inc()
  }

  orphaned(): void {
    this.#instruments.orphans.inc()
  }

  generationSettled(settled: SettledGeneration, wasOrphan: boolean): void {
    const { endpoint, model, key, usage, images, size, quality, costMicros = 0 } = settled
    const all = this.#instruments
    const seconds = settled.upstreamMs / 1000
    all.inFlight.dec()
    if (wasOrphan) all.orphans.dec()
    all.upstreamSeconds.observe({ endpoint, model }, seconds)
    all.genAiSeconds.observe({ ...OPERATION, gen_ai_request_model: model, error_type: settled.failure ?? '' }, seconds)
    if (images > 0)
      this.#images.add(`${model}|${key}|${size}|${quality}`, images, () => ({ model, key, size, quality }))
    if (settled.partialImages > 0) all.partialImages.inc({ model, key }, settled.partialImages)
    if (settled.firstEventMs !== undefined)
      all.firstEventSeconds.observe({ endpoint, model }, settled.firstEventMs / 1000)
    if (costMicros > 0) this.#addCost(model, key, costMicros / 1e6)
    if (settled.usageMissing) all.usageMissing.inc({ model })
    if (usage !== undefined) this.#usageReported(model, key, usage)
  }

  bytesRelayed({ model, key }: CallLabels, bytes: number): void {
    this.#imageBytes.add(`${model}|${key}`, bytes, () => ({ model, key }))
  }

  #usageReported(model: string, key: string, usage: Usage): void {
    const { genAiTokens } = this.#instruments
    this.#addTokens(model, key, 'input', usage.inputTokens)
    this.#addTokens(model, key, 'output', usage.outputTokens)
    genAiTokens.observe({ ...OPERATION, gen_ai_request_model: model, gen_ai_token_type: 'input' }, usage.inputTokens)
    genAiTokens.observe({ ...OPERATION, gen_ai_request_model: model, gen_ai_token_type: 'output' }, usage.outputTokens)
    for (const [type, member] of TOKEN_DETAILS) {
      const count = usage[member]
      if (count !== undefined) this.#tokenDetails.add(`${model}|${key}|${type}`, count, () => ({ model, key, type }))
    }
  }

  #addRequest({ endpoint, model, key }: CallLabels, outcome: Outcome, status: number, value: number): void {
    const id = `${endpoint}|${model}|${key}|${outcome}|${status}`
    this.#requests.add(id, value, () => ({ endpoint, model, key, outcome, status: String(status) }))
  }

  #addTokens(model: string, key: string, type: string, value: number): void {
    this.#tokens.add(`${model}|${key}|${type}`, value, () => ({ model, key, type }))
  }

  #addCost(model: string, key: string, usd: number): void {
    this.#cost.add(`${model}|${key}`, usd, () => ({ model, key }))
  }
}

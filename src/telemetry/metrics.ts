import { usdOf } from '../accounting/money.ts'
import { createInstruments } from './instruments.ts'
import type * as PromClient from 'prom-client'
import type { Metric, Registry } from 'prom-client'
import type { Settlement } from '../accounting/settlement.ts'
import type { Usage } from '../accounting/usage.ts'

const OUTCOMES = ['completed', 'rejected', 'upstream_failed', 'client_left'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** The labels of one call: its endpoint, its model, the name of its caller's key. */
export interface CallLabels {
  readonly endpoint: string
  readonly model: string
  readonly key: string
}

/** Label values that are known at the start. */
export interface KnownLabels {
  readonly endpoints: readonly string[]
  readonly models: readonly string[]
  readonly keys: readonly string[]
  /** Codes of refusals. */
  readonly rejections: readonly string[]
  /** Codes of failures of the upstream. */
  readonly failures: readonly string[]
}

/** How the gateway stands at a scrape. */
export interface GatewayState {
  /** The age of the oldest generation under way; 0 where there is none. */
  readonly oldestSeconds: number
  readonly unbookedEndings: number
  /** Room on the disk of DATA_DIR beyond the reserve; infinite where it is not known. */
  readonly diskSpareBytes: number
}

const ALERT_RESULTS = ['delivered', 'failed', 'given_up'] as const
const OPERATION = 'image_generation'
const TOKEN_DETAILS = [
  ['input_text', 'inputTextTokens'],
  ['input_image', 'inputImageTokens'],
  ['input_cached', 'inputCachedTokens'],
  ['output_text', 'outputTextTokens'],
  ['output_image', 'outputImageTokens'],
] as const satisfies readonly (readonly [string, keyof Usage])[]

/** Prometheus' text format, as prom-client writes it. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

let ofProcess: Registry | undefined

/**
 * Metrics of the process. One registry for all apps in it: their collectors watch the event loop until the process ends.
 * They begin with the first scrape.
 */
function processMetrics({ Registry, collectDefaultMetrics }: typeof PromClient): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/**
 * The gateway's metrics, one registry per app. All verbs are cheap and never throw; label values come from closed
 * sets (catalogue ids, configured key names, error codes), never from a request.
 */
export class Metrics {
  readonly contentType = CONTENT_TYPE
  readonly #instruments = createInstruments()
  #registry: Registry | undefined
  readonly #onScrape: (() => Promise<void>)[] = []

  constructor(version: string) {
    this.#instruments.buildInfo.set([version, process.version], 1)
  }

  /** Has gauges set before each scrape, by what is asked only then. A failure leaves them as they were. */
  onScrape(setGauges: () => Promise<void>): void {
    this.#onScrape.push(setGauges)
  }

  /** All metrics in Prometheus' text format. prom-client, which takes 60 ms to load, is not needed before. */
  async exposition(): Promise<string> {
    await Promise.allSettled(this.#onScrape.map(async (setGauges) => setGauges()))
    const client = await import('prom-client')
    this.#registry ??= this.#registered(new client.Registry())
    return (await this.#registry.metrics()) + (await processMetrics(client).metrics())
  }

  /** Starts the series of known label sets at 0, so that a rate is right from the first request on. */
  startAtZero({ endpoints, models, keys, rejections, failures }: KnownLabels): void {
    for (const reason of rejections) this.#instruments.rejections.add([reason], 0)
    for (const model of models) this.#instruments.usageMissing.add([model], 0)
    for (const reason of failures) this.#instruments.upstreamFailures.add([reason], 0)
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
    this.#instruments.requestSeconds.observe([endpoint, model], durationMs / 1000)
    if (overheadMs !== undefined) this.#instruments.overheadSeconds.observe([endpoint], overheadMs / 1000)
  }

  rejected(reason: string): void {
    this.#instruments.rejections.add([reason], 1)
  }

  parametersDropped(model: string, params: readonly string[]): void {
    for (const param of params) this.#instruments.dropped.add([model, param], 1)
  }

  parametersDefaulted(model: string, params: readonly string[]): void {
    for (const param of params) this.#instruments.defaulted.add([model, param], 1)
  }

  /** The rest of a virtual key's budget after its latest hold, and the whole of it. */
  budgetRemaining(key: string, usd: number, limitUsd: number): void {
    this.#instruments.budgetRemaining.set([key], usd)
    this.#instruments.budgetLimit.set([key], limitUsd)
  }

  /** SPEND_LIMIT, and what counts against it now. */
  spending(limitUsd: number, usedUsd: number): void {
    this.#instruments.spendLimit.set([], limitUsd)
    this.#instruments.spending.set([], usedUsd)
  }

  /** Asked at each scrape. */
  state({ oldestSeconds, unbookedEndings, diskSpareBytes }: GatewayState): void {
    this.#instruments.oldestSeconds.set([], oldestSeconds)
    this.#instruments.unbookedEndings.set([], unbookedEndings)
    this.#instruments.diskSpareBytes.set([], diskSpareBytes)
  }

  /** Starts the series of alerts at 0, where they are sent. */
  alertsStartAtZero(kinds: readonly string[]): void {
    for (const kind of kinds) for (const result of ALERT_RESULTS) this.#instruments.alerts.add([kind, result], 0)
  }

  /** An attempt to deliver an alert has ended. */
  alertSent(kind: string, result: (typeof ALERT_RESULTS)[number]): void {
    this.#instruments.alerts.add([kind, result], 1)
  }

  /** An order is sent upstream again. */
  retried(reason: string): void {
    this.#instruments.retries.add([reason], 1)
  }

  /** A client was given the generation of an earlier attempt. */
  adopted(): void {
    this.#instruments.adoptions.add([], 1)
  }

  ambiguousFailure(): void {
    this.#instruments.ambiguous.add([], 1)
  }

  generationStarted(): void {
    this.#instruments.inFlight.add([], 1)
  }

  /** @param change 1: a client has left; -1: one has come back */
  orphaned(change: 1 | -1): void {
    this.#instruments.orphans.add([], change)
  }

  generationSettled({ endpoint, model, key }: CallLabels, settlement: Settlement): void {
    const { usage, images, cost, size, quality, partialImages, firstEventMs, failure } = settlement
    const all = this.#instruments
    const seconds = settlement.upstreamMs / 1000
    all.inFlight.add([], -1)
    all.upstreamSeconds.observe([endpoint, model], seconds)
    all.genAiSeconds.observe([OPERATION, model, failure ?? ''], seconds)
    if (failure !== undefined) all.upstreamFailures.add([failure], 1)
    if (images > 0) all.images.add([model, key, size, quality], images)
    if (partialImages > 0) all.partialImages.add([model, key], partialImages)
    if (firstEventMs !== undefined) all.firstEventSeconds.observe([endpoint, model], firstEventMs / 1000)
    if (cost !== undefined && cost.costMicros > 0) this.#addCost(model, key, usdOf(cost.costMicros))
    if (settlement.isUsageMissing) all.usageMissing.add([model], 1)
    if (usage !== undefined) this.#usageReported(model, key, usage)
  }

  /** @param form how the client got it: as a link, or as base64 where it could not be kept */
  pictureConverted(model: string, form: 'url' | 'b64_json'): void {
    this.#instruments.picturesConverted.add([model, form], 1)
  }

  pictureEvicted(): void {
    this.#instruments.picturesEvicted.add([], 1)
  }

  /** The pictures that are kept now. */
  shelf({ pictures, bytes }: { readonly pictures: number; readonly bytes: number }): void {
    this.#instruments.pictures.set([], pictures)
    this.#instruments.pictureBytes.set([], bytes)
  }

  bytesRelayed({ model, key }: CallLabels, bytes: number): void {
    this.#instruments.imageBytes.add([model, key], bytes)
  }

  #registered(registry: Registry): Registry {
    for (const metric of Object.values(this.#instruments)) registry.registerMetric(metric as unknown as Metric) // its type is a list of prom-client's own classes
    return registry
  }

  #usageReported(model: string, key: string, usage: Usage): void {
    const { genAiTokens, tokenDetails } = this.#instruments
    this.#addTokens(model, key, 'input', usage.inputTokens)
    this.#addTokens(model, key, 'output', usage.outputTokens)
    genAiTokens.observe([OPERATION, model, 'input'], usage.inputTokens)
    genAiTokens.observe([OPERATION, model, 'output'], usage.outputTokens)
    for (const [type, member] of TOKEN_DETAILS) {
      const count = usage[member]
      if (count !== undefined) tokenDetails.add([model, key, type], count)
    }
  }

  #addRequest({ endpoint, model, key }: CallLabels, outcome: Outcome, status: number, value: number): void {
    this.#instruments.requests.add([endpoint, model, key, outcome, status], value)
  }

  #addTokens(model: string, key: string, type: string, value: number): void {
    this.#instruments.tokens.add([model, key, type], value)
  }

  #addCost(model: string, key: string, usd: number): void {
    this.#instruments.cost.add([model, key], usd)
  }
}

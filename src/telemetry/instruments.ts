import { Counter, Gauge, Histogram } from './series.ts'

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600]
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144]

/** Every metric as a table: name → type, help, labels. docs/metrics.md has the same; a test compares. */
export function createInstruments() {
  const counter = <const L extends readonly string[]>(name: string, help: string, labelNames: L) =>
    new Counter<L>({ name, help, labelNames })
  const gauge = <const L extends readonly string[]>(name: string, help: string, labelNames: L) =>
    new Gauge<L>({ name, help, labelNames })
  const histogram = <const L extends readonly string[]>(
    name: string,
    help: string,
    labelNames: L,
    buckets: readonly number[],
  ) => new Histogram<L>({ name, help, labelNames }, buckets)
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
    defaulted: counter('comet_defaulted_parameters_total', 'Parameters filled in from the defaults of the operator.', [
      'model',
      'param',
    ]),
    ambiguous: counter(
      'comet_ambiguous_failures_total',
      'Failures after the request was sent: the image may exist and be billed.',
      [],
    ),
    upstreamFailures: counter('comet_upstream_failures_total', 'Generations that failed upstream, by error code.', [
      'reason',
    ]),
    retries: counter('comet_upstream_retries_total', 'Orders sent upstream again, by the failure before.', ['reason']),
    adoptions: counter('comet_adoptions_total', 'Requests given the generation of an earlier attempt.', []),
    usageMissing: counter('comet_usage_missing_total', 'Image answers of token-priced models without usage.', [
      'model',
    ]),
    picturesConverted: counter(
      'comet_pictures_converted_total',
      'Pictures asked for as links: given as url, or as b64_json where they could not be kept.',
      ['model', 'form'],
    ),
    picturesEvicted: counter(
      'comet_pictures_evicted_total',
      'Pictures removed before their time, for want of room.',
      [],
    ),
    pictures: gauge('comet_pictures', 'Pictures that are kept.', []),
    pictureBytes: gauge('comet_picture_bytes', 'Bytes of the pictures that are kept.', []),
    inFlight: gauge('comet_in_flight', 'Generations under way.', []),
    orphans: gauge('comet_orphans', 'Generations under way whose client has left.', []),
    budgetRemaining: gauge('comet_budget_remaining_usd', "What is left of a virtual key's budget.", ['key']),
    budgetLimit: gauge('comet_budget_limit_usd', "A virtual key's budget.", ['key']),
    spendLimit: gauge('comet_spend_limit_usd', 'SPEND_LIMIT; 0 where there is none.', []),
    spending: gauge(
      'comet_spend_limit_used_usd',
      'What all callers together have spent and hold in the current period of SPEND_LIMIT.',
      [],
    ),
    oldestSeconds: gauge('comet_oldest_generation_seconds', 'Age of the oldest generation under way.', []),
    unbookedEndings: gauge('comet_unbooked_endings', 'Generations that have ended and are not booked yet.', []),
    diskSpareBytes: gauge('comet_disk_spare_bytes', 'Room on the disk of DATA_DIR beyond DISK_RESERVE.', []),
    alerts: counter('comet_alerts_total', 'Attempts to deliver alerts to ALERT_WEBHOOK_URL.', ['kind', 'result']),
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

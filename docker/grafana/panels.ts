/** How a number is written, in Grafana's names. */
type Unit = 'currencyUSD' | 's' | 'short' | 'percentunit' | 'bytes' | 'reqps'

/** One panel of the dashboard. */
export interface Panel {
  readonly title: string
  readonly kind: 'timeseries' | 'stat' | 'bargauge'
  readonly unit: Unit
  /** Of the 24 columns of a row. */
  readonly width: 4 | 6 | 8 | 12
  /** What a reader should take from it. */
  readonly says: string
  /** Legend → PromQL. `$key` and `$model` are the variables of the dashboard. */
  readonly queries: Readonly<Record<string, string>>
}

const CALLS = 'key=~"$key", model=~"$model"'
const rate = (series: string): string => `rate(${series}[$__rate_interval])`
const sumBy = (label: string, expression: string): string => `sum by (${label}) (${expression})`
const quantile = (q: number, histogram: string, by = 'le'): string =>
  `histogram_quantile(${q}, sum by (${by}) (${rate(`${histogram}_bucket`)}))`
const inRange = (series: string): string => `increase(${series}[$__range])`

/** The rows of the dashboard, each a question, with the panels that answer it. A test compares the JSON beside this file. */
export const ROWS: Readonly<Record<string, readonly Panel[]>> = {
  'Who spends what?': [
    {
      title: 'Spent in the time shown',
      kind: 'stat',
      unit: 'currencyUSD',
      width: 4,
      says: 'Cost at list prices, estimates included.',
      queries: { USD: `sum(${inRange(`comet_cost_usd_total{${CALLS}}`)})` },
    },
    {
      title: 'Share of SPEND_LIMIT used',
      kind: 'stat',
      unit: 'percentunit',
      width: 4,
      says: 'Spent and held in the current period; no data without a limit.',
      queries: { used: 'comet:spend_limit_used:ratio' },
    },
    {
      title: 'Spending by key',
      kind: 'timeseries',
      unit: 'currencyUSD',
      width: 8,
      says: 'USD an hour.',
      queries: { '{{key}}': `${sumBy('key', rate(`comet_cost_usd_total{${CALLS}}`))} * 3600` },
    },
    {
      title: 'Budget that is left',
      kind: 'bargauge',
      unit: 'percentunit',
      width: 8,
      says: 'As of the last order of each key; keys without a budget are not here.',
      queries: { '{{key}}': 'comet:budget_left:ratio' },
    },
  ],
  'Which model?': [
    {
      title: 'Spending by model',
      kind: 'timeseries',
      unit: 'currencyUSD',
      width: 8,
      says: 'USD an hour.',
      queries: { '{{model}}': `${sumBy('model', rate(`comet_cost_usd_total{${CALLS}}`))} * 3600` },
    },
    {
      title: 'Images by model, size and quality',
      kind: 'bargauge',
      unit: 'short',
      width: 8,
      says: 'Images in the time shown.',
      queries: {
        '{{model}} {{size}} {{quality}}': `sum by (model, size, quality) (${inRange(`comet_images_total{${CALLS}}`)})`,
      },
    },
    {
      title: 'Tokens',
      kind: 'timeseries',
      unit: 'short',
      width: 8,
      says: 'Tokens a second that the upstream reported.',
      queries: { '{{type}}': sumBy('type', rate(`comet_tokens_total{${CALLS}}`)) },
    },
  ],
  'What fails, and why?': [
    {
      title: 'Requests by outcome',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      says: 'Every exchange has one outcome.',
      queries: { '{{outcome}}': sumBy('outcome', rate(`comet_requests_total{${CALLS}}`)) },
    },
    {
      title: 'Failures of the upstream by code',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      says: 'docs/errors.md has each code.',
      queries: { '{{reason}}': sumBy('reason', rate('comet_upstream_failures_total')) },
    },
    {
      title: 'Share of generations that fail upstream',
      kind: 'timeseries',
      unit: 'percentunit',
      width: 4,
      says: 'Over ten minutes; an alert fires above 20 %.',
      queries: { failed: 'comet:upstream_failures:ratio10m' },
    },
    {
      title: 'Ambiguous failures',
      kind: 'stat',
      unit: 'short',
      width: 4,
      says: 'Failures that may have been billed, in the time shown.',
      queries: { failures: `sum(${inRange('comet_ambiguous_failures_total')})` },
    },
  ],
  'How slow, and is it us?': [
    {
      title: 'From request to last byte',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      says: 'What clients wait for.',
      queries: {
        'half are faster': quantile(0.5, 'comet_request_duration_seconds'),
        '95 % are faster': quantile(0.95, 'comet_request_duration_seconds'),
      },
    },
    {
      title: 'Upstream by model, 95 %',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      says: 'Time that CometAPI takes.',
      queries: { '{{model}}': quantile(0.95, 'comet_upstream_duration_seconds', 'le, model') },
    },
    {
      title: 'Overhead of the gateway',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      says: 'Time that the gateway itself adds.',
      queries: {
        'half have less': quantile(0.5, 'comet_overhead_seconds'),
        '95 % have less': quantile(0.95, 'comet_overhead_seconds'),
      },
    },
    {
      title: 'First event of a stream, 95 %',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      says: 'From the request upstream to its first event.',
      queries: { '{{model}}': quantile(0.95, 'comet_first_event_seconds', 'le, model') },
    },
    {
      title: 'Under way',
      kind: 'timeseries',
      unit: 'short',
      width: 8,
      says: 'Generations, and those whose clients have left.',
      queries: { generations: 'comet_in_flight', orphans: 'comet_orphans' },
    },
    {
      title: 'Oldest generation',
      kind: 'timeseries',
      unit: 's',
      width: 8,
      says: 'Its money is held as long; an alert fires above 15 minutes.',
      queries: { age: 'comet_oldest_generation_seconds' },
    },
  ],
  'What did the gateway save?': [
    {
      title: 'Orders not bought twice',
      kind: 'stat',
      unit: 'short',
      width: 4,
      says: 'Requests that were given the generation of an earlier one.',
      queries: { adopted: `sum(${inRange('comet_adoptions_total')})` },
    },
    {
      title: 'Their worth',
      kind: 'stat',
      unit: 'currencyUSD',
      width: 4,
      says: 'At the average cost of an image in the time shown.',
      queries: {
        USD: `sum(${inRange('comet_adoptions_total')}) * sum(${inRange('comet_cost_usd_total')}) / sum(${inRange('comet_images_total')})`,
      },
    },
    {
      title: 'Refused before they cost anything, by code',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      says: 'docs/errors.md has each code.',
      queries: { '{{reason}}': sumBy('reason', rate('comet_rejections_total')) },
    },
    {
      title: 'Parameters left out or filled in',
      kind: 'timeseries',
      unit: 'reqps',
      width: 8,
      says: 'Under the drop policy, and from the defaults of the operator.',
      queries: {
        'left out: {{param}}': sumBy('param', rate('comet_dropped_parameters_total')),
        'filled in: {{param}}': sumBy('param', rate('comet_defaulted_parameters_total')),
      },
    },
  ],
  'Is the process well?': [
    {
      title: 'Memory',
      kind: 'timeseries',
      unit: 'bytes',
      width: 6,
      says: 'Resident memory of the process.',
      queries: { '{{instance}}': 'process_resident_memory_bytes' },
    },
    {
      title: 'CPU',
      kind: 'timeseries',
      unit: 'percentunit',
      width: 6,
      says: 'Of one core.',
      queries: { '{{instance}}': rate('process_cpu_seconds_total') },
    },
    {
      title: 'Room on the disk',
      kind: 'timeseries',
      unit: 'bytes',
      width: 6,
      says: 'Of DATA_DIR, before the reserve of the database is touched.',
      queries: { spare: 'comet_disk_spare_bytes' },
    },
    {
      title: 'Endings that are not booked',
      kind: 'timeseries',
      unit: 'short',
      width: 6,
      says: 'More than a few for seconds: the database cannot be written.',
      queries: { endings: 'comet_unbooked_endings' },
    },
  ],
}

import { formatUsd, usdOf } from '../../accounting/money.ts'
import { countArgument } from '../arguments.ts'
import { isoTime, shortTime } from '../key-columns.ts'
import { printRows, withFormats } from '../output.ts'
import { withStore } from '../settings.ts'
import type { Command } from 'commander'
import type { EndedGeneration, OpenGeneration } from '../../accounting/reports.ts'
import type { Column, OutputOptions } from '../output.ts'

/** A row of the ledger, or a generation under way, of which less is known. */
type Listed = OpenGeneration & Partial<EndedGeneration>

interface GenerationsOptions extends OutputOptions {
  readonly key?: string
  readonly failed?: boolean
  readonly number: number
}

/** `generations`: the newest rows of the ledger, those under way first. */
export function addGenerationsCommand(program: Command): void {
  withFormats(program.command('generations').description('the newest generations: what each was, and what it cost'))
    .option('--key <name>', 'of one key only')
    .option('--failed', 'only those that did not complete')
    .option('-n, --number <n>', 'how many', countArgument, 50)
    .addHelpText('after', '\nExample:\n  comet-gateway generations --failed -n 20\n')
    .action(async ({ key: keyName, failed: failedOnly = false, number: limit, ...format }: GenerationsOptions) =>
      withStore({ create: false }, ({ reports }) => {
        const open: readonly Listed[] = failedOnly ? [] : reports.underWay({ keyName, limit })
        const ended = reports.generations({ keyName, failedOnly, limit })
        printRows([...open, ...ended].slice(0, limit), COLUMNS, format, 'No generations.')
      }),
    )
}

const COLUMNS: readonly Column<Listed>[] = [
  {
    name: 'held_at',
    title: 'Time (UTC)',
    value: ({ heldAt }) => isoTime(heldAt),
    shown: ({ heldAt }) => shortTime(heldAt),
  },
  { name: 'id', title: 'Id', forPrograms: true, value: ({ id }) => id },
  { name: 'key', title: 'Key', value: ({ keyName }) => keyName },
  { name: 'endpoint', title: 'Endpoint', forPrograms: true, value: ({ endpoint }) => endpoint },
  { name: 'model', title: 'Model', value: ({ model }) => model },
  { name: 'size', title: 'Size', value: ({ size }) => size },
  { name: 'quality', title: 'Quality', value: ({ quality }) => quality },
  { name: 'n', title: 'n', forPrograms: true, value: ({ n }) => n },
  { name: 'images', title: 'Images', align: 'right', value: ({ images }) => images },
  { name: 'outcome', title: 'Outcome', value: ({ outcome }) => outcome ?? 'under way' },
  { name: 'error_code', title: 'Error', value: ({ errorCode }) => errorCode },
  {
    name: 'cost_usd',
    title: 'Cost',
    align: 'right',
    value: ({ costMicros }) => usdOf(costMicros),
    shown: ({ costMicros, isEstimated = false }) =>
      costMicros === undefined ? '' : `${isEstimated ? '~' : ''}${formatUsd(costMicros)}`,
  },
  { name: 'is_estimated', title: 'Estimated', forPrograms: true, value: ({ isEstimated }) => isEstimated },
  { name: 'held_usd', title: 'Held', forPrograms: true, value: ({ heldMicros }) => usdOf(heldMicros) },
  { name: 'input_tokens', title: 'Tokens in', align: 'right', value: ({ inputTokens }) => inputTokens },
  { name: 'output_tokens', title: 'Tokens out', align: 'right', value: ({ outputTokens }) => outputTokens },
  { name: 'total_tokens', title: 'Tokens', forPrograms: true, value: ({ totalTokens }) => totalTokens },
  { name: 'input_text_tokens', title: '', forPrograms: true, value: ({ inputTextTokens }) => inputTextTokens },
  { name: 'input_image_tokens', title: '', forPrograms: true, value: ({ inputImageTokens }) => inputImageTokens },
  { name: 'input_cached_tokens', title: '', forPrograms: true, value: ({ inputCachedTokens }) => inputCachedTokens },
  { name: 'output_text_tokens', title: '', forPrograms: true, value: ({ outputTextTokens }) => outputTextTokens },
  { name: 'output_image_tokens', title: '', forPrograms: true, value: ({ outputImageTokens }) => outputImageTokens },
  {
    name: 'upstream_ms',
    title: 'Upstream',
    align: 'right',
    value: ({ upstreamMs }) => upstreamMs,
    shown: ({ upstreamMs }) => (upstreamMs === undefined ? '' : `${(upstreamMs / 1000).toFixed(1)} s`),
  },
  { name: 'duration_ms', title: 'Duration', forPrograms: true, value: ({ durationMs }) => durationMs },
  { name: 'ended_at', title: 'Ended', forPrograms: true, value: ({ endedAt }) => isoTime(endedAt) },
  {
    name: 'upstream_request_id',
    title: 'Upstream id',
    forPrograms: true,
    value: ({ upstreamRequestId }) => upstreamRequestId,
  },
]

import type { LedgerOutcome } from '../../accounting/ledger.ts'
import type { EndedGeneration, OpenGeneration } from '../../accounting/reports.ts'

/** A row as SQLite has it. */
export type Row = Readonly<Record<string, string | number | null>>

export function openOfRow(row: Row): OpenGeneration {
  return {
    id: text(row, 'generation_id'),
    heldAt: Number(row['held_at']),
    keyName: text(row, 'key_name'),
    endpoint: text(row, 'endpoint'),
    model: text(row, 'model'),
    size: text(row, 'size'),
    quality: text(row, 'quality'),
    n: Number(row['n']),
    heldMicros: number(row, 'held_micros'),
  }
}

export function endedOfRow(row: Row): EndedGeneration {
  return {
    ...openOfRow(row),
    seq: Number(row['seq']),
    outcome: text(row, 'outcome') as LedgerOutcome,
    costMicros: number(row, 'cost_micros'),
    isEstimated: row['is_estimated'] === 1,
    images: Number(row['images']),
    inputTokens: number(row, 'input_tokens'),
    outputTokens: number(row, 'output_tokens'),
    totalTokens: number(row, 'total_tokens'),
    inputTextTokens: number(row, 'input_text_tokens'),
    inputImageTokens: number(row, 'input_image_tokens'),
    inputCachedTokens: number(row, 'input_cached_tokens'),
    outputTextTokens: number(row, 'output_text_tokens'),
    outputImageTokens: number(row, 'output_image_tokens'),
    errorCode: optionalText(row, 'error_code'),
    upstreamRequestId: optionalText(row, 'upstream_request_id'),
    endedAt: Number(row['ended_at']),
    upstreamMs: number(row, 'upstream_ms'),
    durationMs: number(row, 'duration_ms'),
  }
}

function text(row: Row, name: string): string {
  return String(row[name] ?? '')
}

function optionalText(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : text(row, name)
}

function number(row: Row, name: string): number | undefined {
  return row[name] === null ? undefined : Number(row[name])
}

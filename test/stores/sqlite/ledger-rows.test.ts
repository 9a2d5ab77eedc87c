import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { NOON, FakeProcesses, cost, createKey, held, orderOf, registered } from '../../helpers/store/store.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let sqlite: DatabaseSync

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  sqlite = new DatabaseSync(store.file, { readOnly: true })
})
afterEach(() => {
  sqlite.close()
  store.close()
  directory.remove()
})

const rowOf = (table: string) => ({ ...sqlite.prepare(`SELECT * FROM ${table}`).get() })

describe('a row of the ledger', () => {
  it('has each value in the column that is named after it, and no column without one', () => {
    const { ledger } = registered(store, new FakeProcesses().next())
    const key = createKey(store, { name: 'alice' })
    const order = {
      generationId: 'gen_columns',
      endpoint: 'images.edits',
      model: 'gpt-image-1',
      size: 'auto',
      quality: 'medium',
      n: 3,
      highestMicros: 900,
    }
    const hold = held(ledger.hold(orderOf(key, order)))
    const ordered = {
      generation_id: 'gen_columns',
      held_at: NOON,
      key_name: 'alice',
      endpoint: 'images.edits',
      model: 'gpt-image-1',
      size: 'auto',
      quality: 'medium',
      n: 3,
      held_micros: 900,
    }
    expect(rowOf('holds')).toEqual({ ...ordered, id: hold.id, instance: 1, key_id: key.id })

    ledger.settle(
      hold,
      cost(700, {
        endedAt: NOON + 5,
        isEstimated: true,
        images: 2,
        size: '1536x1024',
        quality: 'high',
        usage: {
          inputTokens: 11,
          outputTokens: 12,
          totalTokens: 13,
          inputTextTokens: 14,
          inputImageTokens: 15,
          inputCachedTokens: 16,
          outputTextTokens: 17,
          outputImageTokens: 18,
        },
        errorCode: 'upstream_error',
        upstreamRequestId: 'request-1',
        upstreamMs: 19.4,
        durationMs: 20.6,
      }),
    )
    expect(rowOf('generations')).toEqual({
      ...ordered,
      seq: 1,
      size: '1536x1024',
      quality: 'high',
      outcome: 'completed',
      cost_micros: 700,
      is_estimated: 1,
      images: 2,
      input_tokens: 11,
      output_tokens: 12,
      total_tokens: 13,
      input_text_tokens: 14,
      input_image_tokens: 15,
      input_cached_tokens: 16,
      output_text_tokens: 17,
      output_image_tokens: 18,
      error_code: 'upstream_error',
      upstream_request_id: 'request-1',
      ended_at: NOON + 5,
      upstream_ms: 19,
      duration_ms: 21,
    })
    expect(rowOf('daily_totals')).toEqual({
      day: 20_780,
      key_name: 'alice',
      model: 'gpt-image-1',
      generations: 1,
      failed: 0,
      images: 2,
      input_tokens: 11,
      output_tokens: 12,
      cost_micros: 700,
      estimated_micros: 700,
    })
  })
})

import { DatabaseSync } from 'node:sqlite'
import { dayOf } from '../../src/accounting/period.ts'

const DAYS = 365

/** Writes rows in SQL, with their totals: through the ledger they would take an hour. */
export function fill(file: string, rows: number): void {
  const raw = new DatabaseSync(file)
  const today = dayOf(Date.now())
  raw.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN IMMEDIATE')
  raw.exec(`
    INSERT INTO generations (generation_id, held_at, key_name, endpoint, model, size, quality, n, held_micros, outcome,
      cost_micros, is_estimated, images, input_tokens, output_tokens, total_tokens, upstream_request_id, ended_at,
      upstream_ms, duration_ms)
    WITH RECURSIVE i (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x + 1 < ${rows})
    SELECT printf('gen_0b7d4c1e-0000-4000-8000-%012d', x),
      (${today - DAYS} + x * ${DAYS} / ${rows}) * 86400000 + x % 86400000, 'filler-' || (x * 7919 % 200),
      'images.generations', CASE x % 3 WHEN 0 THEN 'gpt-image-2' WHEN 1 THEN 'dall-e-3' ELSE 'gpt-image-1' END,
      '1024x1024', 'medium', 1, 60000, CASE x % 50 WHEN 0 THEN 'failed' ELSE 'completed' END, 42000, 0, 1, 16, 1056,
      1072, '202611230647301234567890ABCDEF', (${today - DAYS} + x * ${DAYS} / ${rows}) * 86400000, 31000, 31002
    FROM i`)
  raw.exec(`
    INSERT INTO daily_totals
    SELECT held_at / 86400000, key_name, model, count(*), sum(outcome <> 'completed'), sum(images), sum(input_tokens),
      sum(output_tokens), sum(cost_micros), 0
    FROM generations WHERE key_name GLOB 'filler-*' GROUP BY 1, 2, 3`)
  raw.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  raw.close()
}

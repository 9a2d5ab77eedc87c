import { dateOfDay } from '../../accounting/period.ts'
import { endedOfRow, openOfRow } from './report-rows.ts'
import type {
  EndedGeneration,
  GenerationsQuery,
  Grouping,
  OpenGeneration,
  Reports,
  UsageQuery,
  UsageSum,
} from '../../accounting/reports.ts'
import type { SqliteDatabase } from './database.ts'
import type { Row } from './report-rows.ts'

const GROUP_COLUMNS: Readonly<Record<Grouping, string>> = { key: 'key_name', model: 'model', day: 'day' }
/** Rows per transaction of pruning: so few that a live gateway hardly waits. */
const PRUNE_ROWS = 2000

/** Reports from SQLite. Sums come from the daily totals, never from the ledger itself. */
export class SqliteReports implements Reports {
  readonly #database: SqliteDatabase

  constructor(database: SqliteDatabase) {
    this.#database = database
  }

  usage({ by, sinceDay, keyName }: UsageQuery): readonly UsageSum[] {
    const column = GROUP_COLUMNS[by]
    const sql = `
      SELECT ${column} AS "group", sum(generations) AS generations, sum(failed) AS failed, sum(images) AS images,
        sum(input_tokens) AS inputTokens, sum(output_tokens) AS outputTokens, sum(cost_micros) AS costMicros,
        sum(estimated_micros) AS estimatedMicros
      FROM daily_totals WHERE day >= ? AND (? IS NULL OR key_name = ?)
      GROUP BY ${column} ORDER BY ${by === 'day' ? 'day' : 'costMicros DESC, generations DESC, 1'}`
    const key = keyName ?? null
    const rows = this.#read(sql, [sinceDay, key, key]) as unknown as (UsageSum & { readonly group: string | number })[]
    return rows.map((row) => ({ ...row, group: typeof row.group === 'number' ? dateOfDay(row.group) : row.group }))
  }

  generations({ keyName, failedOnly = false, limit, beforeSeq }: GenerationsQuery): readonly EndedGeneration[] {
    const conditions = [
      ...(keyName === undefined ? [] : ['key_name = $keyName']),
      ...(failedOnly ? ["outcome <> 'completed'"] : []),
      ...(beforeSeq === undefined ? [] : ['seq < $beforeSeq']),
    ]
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const sql = `SELECT * FROM generations ${where} ORDER BY seq DESC LIMIT $limit`
    const values = {
      limit,
      ...(keyName === undefined ? {} : { keyName }),
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
    }
    return (this.#database.run(() => this.#database.prepare(sql).all(values)) as Row[]).map(endedOfRow)
  }

  underWay({ keyName, limit }: Pick<GenerationsQuery, 'keyName' | 'limit'>): readonly OpenGeneration[] {
    const key = keyName ?? null
    const sql = `SELECT * FROM holds WHERE ? IS NULL OR key_name = ? ORDER BY held_at DESC LIMIT ?`
    return (this.#read(sql, [key, key, limit]) as Row[]).map(openOfRow)
  }

  prune(before: number): number {
    let removed = 0
    // Rows are nearly in the order of `held_at`: the first page without an old row is the end.
    for (let from = 0; ;) {
      const [page] = this.#read(
        `SELECT max(seq) AS last, sum(held_at < ?) AS old FROM
          (SELECT seq, held_at FROM generations WHERE seq > ? ORDER BY seq LIMIT ?)`,
        [before, from, PRUNE_ROWS],
      ) as { readonly last: number | null; readonly old: number | null }[]
      const last = page?.last ?? null
      if (last === null || (page?.old ?? 0) === 0) return removed
      removed += this.#removePage(from, last, before)
      from = last
    }
  }

  #removePage(from: number, to: number, before: number): number {
    const sql = `DELETE FROM generations WHERE seq > ? AND seq <= ? AND held_at < ?`
    const statement = this.#database.prepare(sql)
    return this.#database.transaction(() => Number(statement.run(from, to, before).changes))
  }

  #read(sql: string, values: readonly (string | number | null)[]): unknown[] {
    return this.#database.run(() => this.#database.prepare(sql).all(...values))
  }
}

/** The statements of the ledger; parameters go by number, which costs half of what names do. */
export const LEDGER_SQL = {
  /** key, day */
  openAccount: `
    INSERT OR IGNORE INTO accounts (key_id, day)
    SELECT id, column1 FROM keys, (VALUES (-1), (?2)) WHERE id = ?1`,

  /**
   * key, day, first day of the week, of the month, amount, whether the model has a price, now.
   * The guard and the reservation are one statement. The subqueries do not depend on the row that is updated, so
   * SQLite computes them once, before the first change.
   */
  reserve: `
    UPDATE accounts SET held_micros = held_micros + ?5, open_holds = open_holds + 1
    WHERE key_id = ?1 AND day IN (-1, ?2) AND EXISTS (
      SELECT 1 FROM keys k WHERE k.id = ?1
        AND k.revoked_at IS NULL AND k.is_disabled = 0 AND (k.expires_at IS NULL OR k.expires_at > ?7)
        AND (k.max_in_flight IS NULL OR k.max_in_flight >
          (SELECT open_holds FROM accounts WHERE key_id = ?1 AND day = -1))
        AND (k.budget_micros IS NULL OR (?6 AND ?5 + (
          SELECT coalesce(sum(spent_micros + held_micros), 0) FROM accounts
          WHERE key_id = ?1 AND CASE k.budget_period
            WHEN 'day' THEN day >= ?2 WHEN 'week' THEN day >= ?3 WHEN 'month' THEN day >= ?4 ELSE day = -1 END
        ) <= k.budget_micros)))`,

  /** key, day, first day of the week, of the month */
  account: `
    SELECT k.budget_micros, coalesce(k.budget_period, 'total') AS period, k.max_in_flight,
      coalesce((SELECT open_holds FROM accounts WHERE key_id = k.id AND day = -1), 0) AS open_holds,
      coalesce(sum(a.spent_micros), 0) AS spent, coalesce(sum(a.held_micros), 0) AS held
    FROM keys k LEFT JOIN accounts a ON a.key_id = k.id AND CASE k.budget_period
      WHEN 'day' THEN a.day >= ?2 WHEN 'week' THEN a.day >= ?3 WHEN 'month' THEN a.day >= ?4 ELSE a.day = -1 END
    WHERE k.id = ?1 GROUP BY k.id`,

  /** key, now */
  isUsable: `SELECT 1 FROM keys WHERE id = ?1 AND revoked_at IS NULL AND is_disabled = 0
    AND (expires_at IS NULL OR expires_at > ?2)`,

  open: `
    INSERT INTO holds (id, instance, generation_id, held_at, key_name, key_id, endpoint, model, size, quality, n,
      held_micros)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,

  /** Says by its changes whether the hold was still open: every ending is the only one. */
  close: `DELETE FROM holds WHERE id = ?`,

  add: `
    INSERT INTO generations (generation_id, held_at, key_name, endpoint, model, size, quality, n, held_micros, outcome,
      cost_micros, is_estimated, images, input_tokens, output_tokens, total_tokens, input_text_tokens,
      input_image_tokens, input_cached_tokens, output_text_tokens, output_image_tokens, error_code,
      upstream_request_id, ended_at, upstream_ms, duration_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,

  /** key, day, held, cost */
  book: `
    UPDATE accounts SET held_micros = held_micros - ?3, spent_micros = spent_micros + ?4, open_holds = open_holds - 1
    WHERE key_id = ?1 AND day IN (-1, ?2)`,

  total: `
    INSERT INTO daily_totals (day, key_name, model, generations, failed, images, input_tokens, output_tokens,
      cost_micros, estimated_micros)
    VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (day, key_name, model) DO UPDATE SET generations = generations + 1, failed = failed + excluded.failed,
      images = images + excluded.images, input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens, cost_micros = cost_micros + excluded.cost_micros,
      estimated_micros = estimated_micros + excluded.estimated_micros`,

  /** instance */
  openOf: `SELECT * FROM holds WHERE instance = ? ORDER BY id`,
} as const

/** The statements of the ledger. Parameters are bound by number, which takes half the time of names. */
export const LEDGER_SQL = {
  /** key id, day */
  openAccount: `
    INSERT OR IGNORE INTO accounts (key_id, day)
    SELECT id, column1 FROM keys, (VALUES (-1), (?2)) WHERE id = ?1`,

  /** key id, day, first day of its week, of its month */
  account: `
    SELECT k.revoked_at, k.is_disabled, k.expires_at, k.max_in_flight,
      k.budget_micros, coalesce(k.budget_period, 'total') AS period,
      coalesce((SELECT open_holds FROM accounts WHERE key_id = k.id AND day = -1), 0) AS open_holds,
      coalesce(sum(a.spent_micros), 0) AS spent, coalesce(sum(a.held_micros), 0) AS held
    FROM keys k LEFT JOIN accounts a ON a.key_id = k.id AND CASE k.budget_period
      WHEN 'day' THEN a.day >= ?2 WHEN 'week' THEN a.day >= ?3 WHEN 'month' THEN a.day >= ?4 ELSE a.day = -1 END
    WHERE k.id = ?1 GROUP BY k.id`,

  /** The number of changes tells whether the hold was still open, so that it ends once. */
  deleteHold: `DELETE FROM holds WHERE id = ?`,

  /** key id, day, held, spent, open */
  changeAccount: `
    UPDATE accounts SET held_micros = held_micros + ?3, spent_micros = spent_micros + ?4, open_holds = open_holds + ?5
    WHERE key_id = ?1 AND day IN (-1, ?2)`,

  /** day */
  openSpending: `INSERT OR IGNORE INTO spending (day) VALUES (-1), (?1)`,

  /** first day, last day: -1 twice for all days */
  spending: `
    SELECT coalesce(sum(spent_micros), 0) AS spent, coalesce(sum(held_micros), 0) AS held
    FROM spending WHERE day BETWEEN ?1 AND ?2`,

  /** day, held, spent */
  changeSpending: `
    UPDATE spending SET held_micros = held_micros + ?2, spent_micros = spent_micros + ?3 WHERE day IN (-1, ?1)`,

  /** The end of an INSERT into `daily_totals`. */
  addToTotal: `
    ON CONFLICT (day, key_name, model) DO UPDATE SET generations = generations + excluded.generations,
      failed = failed + excluded.failed, images = images + excluded.images, input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens, cost_micros = cost_micros + excluded.cost_micros,
      estimated_micros = estimated_micros + excluded.estimated_micros`,

  /** instance id */
  holdsOf: `SELECT * FROM holds WHERE instance = ? ORDER BY id`,
} as const

import { Option } from 'commander'
import { leftMicros, perPeriod } from '../../accounting/budget.ts'
import { formatUsd, usdOf } from '../../accounting/money.ts'
import { GROUPINGS } from '../../accounting/reports.ts'
import { sinceArgument } from '../arguments.ts'
import { readSettings } from '../../config/config.ts'
import { printRows, remark, withFormats } from '../output.ts'
import { withStore } from '../settings.ts'
import type { Command } from 'commander'
import type { BudgetState } from '../../accounting/budget.ts'
import type { Grouping, UsageSum } from '../../accounting/reports.ts'
import type { Column, OutputOptions } from '../output.ts'

const BAR_WIDTH = 24
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

interface UsageOptions extends OutputOptions {
  readonly by: Grouping
  readonly since: number
  readonly key?: string
}

/** `usage`: images, tokens and cost, out of the daily totals. */
export function addUsageCommand(program: Command): void {
  withFormats(program.command('usage').description('what was bought: images, tokens and cost, with a bar per row'))
    .addOption(new Option('--by <what>', 'a row per').choices(GROUPINGS).default('key'))
    .addOption(
      new Option('--since <when>', 'whole UTC days: 30d, 4w, or a date')
        .argParser(sinceArgument)
        .default(sinceArgument('30d'), '30d'),
    )
    .option('--key <name>', 'of one key only')
    .addHelpText('after', '\nExample:\n  comet-gateway usage --by day --since 2026-11-01 --key alice\n')
    .action(async ({ by, since, key, ...format }: UsageOptions) =>
      withStore({ create: false }, (store) => {
        const sums = store.reports.usage({ by, sinceDay: since, keyName: key })
        printRows(sums, columns(by, sums), format, 'Nothing was bought in this time.')
        const { SPEND_LIMIT: limit } = readSettings(['SPEND_LIMIT'])
        const spending = limit === undefined ? undefined : store.spending(limit, Date.now())
        if (spending !== undefined) remark(spendLimitWords(spending))
      }),
    )
}

function columns(by: Grouping, sums: readonly UsageSum[]): readonly Column<UsageSum>[] {
  const most = Math.max(...sums.map(({ costMicros }) => costMicros))
  const title = { key: 'Key', model: 'Model', day: 'Day' }[by]
  return [
    { name: by, title, value: ({ group }) => group },
    {
      name: 'cost_usd',
      title: 'Cost',
      align: 'right',
      value: ({ costMicros }) => usdOf(costMicros),
      shown: ({ costMicros }) => formatUsd(costMicros),
    },
    {
      name: 'estimated_usd',
      title: 'Estimated',
      align: 'right',
      value: ({ estimatedMicros }) => usdOf(estimatedMicros),
      shown: ({ estimatedMicros }) => (estimatedMicros === 0 ? '' : formatUsd(estimatedMicros)),
    },
    { name: 'generations', title: 'Gens', align: 'right', value: ({ generations }) => generations },
    { name: 'failed', title: 'Failed', align: 'right', value: ({ failed }) => failed },
    { name: 'images', title: 'Images', align: 'right', value: ({ images }) => images },
    { name: 'input_tokens', title: 'Tokens in', align: 'right', value: ({ inputTokens }) => inputTokens },
    { name: 'output_tokens', title: 'Tokens out', align: 'right', value: ({ outputTokens }) => outputTokens },
    ...(sums.length === 0 ? [] : [bar(most)]),
  ]
}

/** Beside the table, on standard error: programs ask /gateway/usage. */
function spendLimitWords(spending: BudgetState): string {
  const { limitMicros = 0, spentMicros, heldMicros } = spending
  const held = heldMicros === 0 ? '' : `, ${formatUsd(heldMicros)} held`
  return (
    `SPEND_LIMIT is ${formatUsd(limitMicros)} ${perPeriod(spending)}: ${formatUsd(spentMicros)} spent${held}, ` +
    `${formatUsd(leftMicros(spending) ?? 0)} left.`
  )
}

/** For people only: programs get the number. */
function bar(most: number): Column<UsageSum> {
  return {
    name: 'share',
    title: '',
    value: ({ costMicros }) => (most === 0 ? 0 : Math.round((costMicros / most) * 1000) / 1000),
    shown: ({ costMicros }) => blocks(most === 0 ? 0 : costMicros / most),
  }
}

/** A bar of eighths of a character; the smallest share is still seen. */
export function blocks(share: number): string {
  const eighths = share <= 0 ? 0 : Math.max(1, Math.round(share * BAR_WIDTH * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

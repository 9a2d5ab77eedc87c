import { billedDays, readBill } from '../../accounting/bill.ts'
import { formatUsd, usdOf } from '../../accounting/money.ts'
import { dateOfDay, dayOf } from '../../accounting/period.ts'
import { loadEnvFile, readSettings } from '../../config/config.ts'
import { printable } from '../../errors/printable.ts'
import { sinceArgument } from '../arguments.ts'
import { printRows, remark, withFormats } from '../output.ts'
import { withStore } from '../settings.ts'
import { failure, readSource } from '../source.ts'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Bill, BilledDay } from '../../accounting/bill.ts'
import type { Column, OutputOptions } from '../output.ts'

/** CometAPI's query service takes the key in the address (apidoc.cometapi.com/pricing/balance-query). */
const QUOTA_URL = 'https://query.cometapi.com/user/quota'

interface ReconcileOptions extends OutputOptions {
  readonly since: number
  readonly from?: string
  readonly name?: string
  readonly sendKey?: boolean
}

/** `reconcile`: the ledger beside what CometAPI says was used, day by day. */
export function addReconcileCommand(program: Command): void {
  withFormats(program.command('reconcile').description('the ledger beside the used quota that CometAPI reports'))
    .addOption(
      new Option('--since <when>', 'whole UTC days: 30d, 4w, or a date')
        .argParser(sinceArgument)
        .default(sinceArgument('30d'), '30d'),
    )
    .option('--send-key', 'ask CometAPI, which takes COMETAPI_KEY in the address of its query service')
    .option('--from <source>', 'instead of asking: a file with its answer; or another address')
    .option('--name <name>', "the key's name at CometAPI; without it, all keys of the account")
    .addHelpText('after', '\nExample:\n  comet-gateway reconcile --send-key --name gateway --since 30d\n')
    .action(async (options: ReconcileOptions) => {
      const bill = await billOf(options)
      const { since: sinceDay, name } = options
      refuseUnknownName(bill, name)
      await withStore({ create: false }, (store) => {
        const days = billedDays(bill, store.reports.usage({ by: 'day', sinceDay }), name)
        const first = dateOfDay(sinceDay)
        printRows(
          days.filter(({ day }) => day >= first),
          COLUMNS,
          options,
          'Nothing was booked or billed.',
        )
      })
      remarkTotals(bill, name)
    })
}

async function billOf({ from, sendKey = false, since }: ReconcileOptions): Promise<Bill> {
  loadEnvFile()
  const source = from ?? QUOTA_URL
  const isAddress = /^https?:/i.test(source)
  if (isAddress && !sendKey)
    throw failure(
      'this sends COMETAPI_KEY in an address, which logs on the way may keep: say --send-key, or --from FILE',
    )
  const { COMETAPI_KEY: key } = readSettings(['COMETAPI_KEY'])
  if (isAddress && key === undefined) throw failure('COMETAPI_KEY is missing')
  const dates = { start_date: dateOfDay(since), end_date: dateOfDay(dayOf(Date.now())) }
  const text = await readSource(source, key === undefined ? {} : { key, ...dates })
  try {
    return readBill(text)
  } catch (error) {
    throw failure(`${source} ${(error as Error).message}`)
  }
}

function refuseUnknownName({ keys = [] }: Bill, name: string | undefined): void {
  if (name === undefined || keys.length === 0 || keys.some((key) => key.name === name)) return
  throw failure(`CometAPI names no key '${name}'; it names ${keys.map((key) => key.name).join(', ')}`)
}

function differenceMicros({ bookedMicros, billedMicros }: BilledDay): number | undefined {
  return bookedMicros === undefined && billedMicros === undefined
    ? undefined
    : (billedMicros ?? 0) - (bookedMicros ?? 0)
}

function money(name: string, title: string, micros: (row: BilledDay) => number | undefined): Column<BilledDay> {
  const shown = (row: BilledDay): string => {
    const amount = micros(row)
    return amount === undefined ? '' : formatUsd(amount)
  }
  return { name, title, align: 'right', value: (row) => usdOf(micros(row)), shown }
}

const COLUMNS: readonly Column<BilledDay>[] = [
  { name: 'day', title: 'Day', value: ({ day }) => day },
  money('booked_usd', 'Booked', ({ bookedMicros }) => bookedMicros),
  money('billed_usd', 'CometAPI', ({ billedMicros }) => billedMicros),
  money('difference_usd', 'Difference', differenceMicros),
  { name: 'generations', title: 'Gens', align: 'right', value: ({ generations }) => generations },
  { name: 'requests', title: 'Requests', align: 'right', value: ({ requests }) => requests },
]

function remarkTotals({ keys = [], daily_quota: daily }: Bill, name: string | undefined): void {
  for (const { name: one, used_quota: used = -1 } of keys)
    if (used >= 0 && (name === undefined || name === one))
      remark(`CometAPI: the key '${printable(one)}' has used $${used} ever.`)
  if (daily === undefined) remark('CometAPI reports no days: only its totals can be compared.')
  remark('Days of CometAPI may begin at another hour than those of the ledger (UTC); other programs may use the key.')
}

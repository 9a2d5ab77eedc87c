import { dateArgument } from '../arguments.ts'
import { write } from '../output.ts'
import { withStore } from '../settings.ts'
import type { Command } from 'commander'

/** `backup FILE` and `ledger prune`. */
export function addMaintenanceCommands(program: Command): void {
  program
    .command('backup <file>')
    .description('copy the database as it is at this moment, also beside a running gateway')
    .addHelpText('after', '\nExample:\n  comet-gateway backup gateway-2026-11-23.db\n')
    .action(async (file: string) =>
      withStore({ create: false }, async (store) => {
        await store.backup(file)
        write([`${store.file} is copied to ${file}.`])
      }),
    )

  const ledger = program.command('ledger').description('retention of the ledger')
  ledger.addHelpText('after', '\nExample:\n  comet-gateway ledger prune --before 2026-01-01 --keep-totals\n')
  ledger
    .command('prune')
    .description('remove the rows of generations before a date; the totals of each day stay')
    .requiredOption('--before <date>', 'a date in UTC', dateArgument)
    // Required, so that nobody is surprised by the rows that go and the totals that stay.
    .requiredOption('--keep-totals', 'confirms that the rows go and the daily totals stay')
    .addHelpText('after', '\nExample:\n  comet-gateway ledger prune --before 2026-01-01 --keep-totals\n')
    .action(async ({ before }: { before: number }) =>
      withStore({ create: false }, (store) => {
        const removed = store.reports.prune(before)
        write([`${removed} ${removed === 1 ? 'row is' : 'rows are'} removed; budgets and usage are as before.`])
      }),
    )
}

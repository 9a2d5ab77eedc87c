import { Command } from 'commander'
import { VERSION } from '../version.ts'
import type { DemoOptions } from './commands/demo.ts'

/** Parts of the command, by their first words. Each is loaded where it is used, since most need much of the gateway. */
const PARTS: readonly {
  readonly words: readonly string[]
  readonly load: () => Promise<(program: Command) => void>
}[] = [
  { words: ['keys'], load: async () => (await import('./commands/keys.ts')).addKeysCommand },
  { words: ['usage'], load: async () => (await import('./commands/usage.ts')).addUsageCommand },
  { words: ['generations'], load: async () => (await import('./commands/generations.ts')).addGenerationsCommand },
  { words: ['pictures'], load: async () => (await import('./commands/pictures.ts')).addPicturesCommand },
  { words: ['models'], load: async () => (await import('./commands/models.ts')).addModelsCommand },
  { words: ['check'], load: async () => (await import('./commands/check.ts')).addCheckCommand },
  { words: ['config'], load: async () => (await import('./commands/config.ts')).addConfigCommand },
  { words: ['alerts'], load: async () => (await import('./commands/alerts.ts')).addAlertsCommand },
  { words: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctorCommand },
  { words: ['prices'], load: async () => (await import('./commands/prices.ts')).addPricesCommand },
  { words: ['reconcile'], load: async () => (await import('./commands/reconcile.ts')).addReconcileCommand },
  { words: ['backup', 'ledger'], load: async () => (await import('./commands/maintenance.ts')).addMaintenanceCommands },
]

/**
 * The `comet-gateway` command with the part that a word names, or with all its parts.
 * @throws CommanderError, when parsing, for wrong arguments
 */
export async function createProgram(word: string | undefined): Promise<Command> {
  const program = new Command('comet-gateway')
    .description("An OpenAI-compatible gateway for CometAPI's image models.")
    .version(VERSION, '-v, --version')
    .exitOverride()
    .showHelpAfterError('Try --help.')
    .addHelpText('after', '\nExamples:\n  SANDBOX=true comet-gateway\n  COMETAPI_KEY=sk-... comet-gateway\n')
  program
    .command('serve')
    .description('start the gateway (the default); configured by environment variables or .env')
    .addHelpText('after', '\nExample:\n  COMETAPI_KEY=sk-... comet-gateway serve\n')
    .action(async () => void (await import('../main.ts')))
  program
    .command('demo')
    .description('start it with the offline sandbox and make one picture')
    .option('--once', 'exit after the picture')
    .option('--out <file>', 'where the picture goes: png, jpg or webp')
    .option('--prompt <text>', 'what to draw')
    .addHelpText('after', '\nExample:\n  comet-gateway demo --once --out boat.png\n')
    .action(async (options: DemoOptions) => (await import('./commands/demo.ts')).demo(options))
  const named = PARTS.filter(({ words }) => word !== undefined && words.includes(word))
  for (const { load } of named.length > 0 ? named : PARTS) (await load())(program)
  return program
}

import { Command } from 'commander'
import { VERSION } from '../version.ts'
import { addCheckCommand } from './commands/check.ts'
import { addConfigCommand } from './commands/config.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addGenerationsCommand } from './commands/generations.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addMaintenanceCommands } from './commands/maintenance.ts'
import { addModelsCommand } from './commands/models.ts'
import { addUsageCommand } from './commands/usage.ts'
import type { DemoOptions } from './commands/demo.ts'

/** The `comet-gateway` command with all its parts. @throws CommanderError, when parsing, for wrong arguments */
export function createProgram(): Command {
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
  addKeysCommand(program)
  addUsageCommand(program)
  addGenerationsCommand(program)
  addModelsCommand(program)
  addCheckCommand(program)
  addConfigCommand(program)
  addDoctorCommand(program)
  addMaintenanceCommands(program)
  return program
}

import { ConfigError, loadEnvFile, readConfig } from '../../config/config.ts'
import { settingsInForce, unreadNames } from '../../config/in-force.ts'
import { printRows, remark, withFormats } from '../output.ts'
import type { Command } from 'commander'
import type { SettingInForce } from '../../config/in-force.ts'
import type { Column, OutputOptions } from '../output.ts'

const COLUMNS: readonly Column<SettingInForce>[] = [
  { name: 'name', title: 'Variable', value: ({ name }) => name },
  { name: 'value', title: 'Value', value: ({ value }) => value, shown: ({ shown = '' }) => shown },
  { name: 'source', title: 'Source', value: ({ source }) => source },
]

/** `config`: every variable as a gateway that starts here would read it. */
export function addConfigCommand(program: Command): void {
  withFormats(program.command('config').description('every variable, its value and its source; secrets are hidden'))
    .addHelpText('after', '\nExit code 78: a gateway would not start with this.\n\nExample:\n  comet-gateway config\n')
    .action((options: OutputOptions) => {
      const settings = settingsInForce()
      const unread = unreadNames()
      loadEnvFile()
      printRows(settings, COLUMNS, options, '')
      if (unread.length > 0) remark(`.env sets what the gateway does not read: ${unread.join(', ')}.`)
      try {
        readConfig()
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        remark(error.message)
        process.exitCode = 78
      }
    })
}

import { randomUUID } from 'node:crypto'
import { alertMessage } from '../../accounting/alerts/alert-forms.ts'
import { alertReceiver, postWebhook } from '../../app/alerts.ts'
import { loadEnvFile, readSettings } from '../../config/config.ts'
import { write } from '../output.ts'
import { failure } from '../source.ts'
import type { Command } from 'commander'

/** `alerts test`: whether alerts arrive. */
export function addAlertsCommand(program: Command): void {
  const alerts = program.command('alerts').description('alerts to ALERT_WEBHOOK_URL')
  alerts
    .command('test')
    .description('send a test to ALERT_WEBHOOK_URL, in the form and with the signature of an alert')
    .addHelpText('after', '\nExit code 1: it was not taken.\n\nExample:\n  comet-gateway alerts test\n')
    .action(async () => {
      loadEnvFile()
      const receiver = await alertReceiver(
        readSettings(['ALERT_WEBHOOK_URL', 'ALERT_WEBHOOK_FORM', 'ALERT_WEBHOOK_SECRET']),
      )
      if (receiver === undefined) throw failure('ALERT_WEBHOOK_URL is not set: there is nobody to alert')
      const { url, form, secret } = receiver
      const now = Date.now()
      const test = {
        messageId: `alert_${randomUUID()}`,
        kind: 'test',
        keyName: '',
        budget: undefined,
        at: now,
      } as const
      const status = await posted(url, alertMessage(test, form, { secret, now }))
      if (status < 200 || status >= 300)
        throw failure(`${new URL(url).host} answers ${status}: the alert was not taken`)
      write([`${new URL(url).host} has taken a test alert in the form ${form}.`])
    })
  alerts.addHelpText('after', '\nExample:\n  comet-gateway alerts test\n')
}

async function posted(url: string, message: ReturnType<typeof alertMessage>): Promise<number> {
  try {
    return await postWebhook({ url, ...message })
  } catch (error) {
    throw failure(`${new URL(url).host} cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
  }
}

import { ALERT_KINDS } from '../accounting/alerts/alert.ts'
import { postWebhook } from '../upstream/post-webhook.ts'
export { postWebhook } from '../upstream/post-webhook.ts'
import type { Logger } from 'pino'
import type { AlertStore } from '../accounting/alerts/alert.ts'
import type { AlertForm } from '../accounting/alerts/alert-form-names.ts'
import type { AlertClock, AlertSender } from '../accounting/alerts/alert-sender.ts'
import type { Config } from '../config/config.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** The receiver of alerts. */
export interface AlertReceiver {
  readonly url: string
  readonly form: AlertForm
  readonly secret: string | undefined
}

/** Undefined where nobody is alerted. */
export async function alertReceiver(
  config: Pick<Config, 'ALERT_WEBHOOK_URL' | 'ALERT_WEBHOOK_FORM' | 'ALERT_WEBHOOK_SECRET'>,
): Promise<AlertReceiver | undefined> {
  const { ALERT_WEBHOOK_URL: url, ALERT_WEBHOOK_FORM: form, ALERT_WEBHOOK_SECRET: secret } = config
  if (url === undefined) return undefined
  const { formOf } = await import('../accounting/alerts/alert-forms.ts')
  return { url, form: form === 'auto' ? formOf(url) : form, secret }
}

export interface AlertParts {
  /** Undefined where there is no database, and so nothing to alert about. */
  readonly store: AlertStore | undefined
  readonly clock: AlertClock
  readonly metrics: Metrics
  readonly logger: Logger
}

/**
 * Sends what was recorded and not yet delivered, by this process or by one before it; undefined where nobody is alerted,
 * and then its code is not loaded.
 */
export async function startAlerts(
  config: Parameters<typeof alertReceiver>[0],
  { store, clock, metrics, logger }: AlertParts,
): Promise<AlertSender | undefined> {
  const receiver = await alertReceiver(config)
  if (receiver === undefined || store === undefined) return undefined
  const { AlertSender } = await import('../accounting/alerts/alert-sender.ts')
  const { url, form, secret } = receiver
  metrics.alertsStartAtZero(ALERT_KINDS)
  const sender = new AlertSender({
    store,
    post: async (message) => postWebhook({ url, ...message }),
    form,
    secret,
    clock,
    onAttempt: ({ kind, keyName: key, messageId: alert }, { result, cause }) => {
      metrics.alertSent(kind, result)
      const about = { alert, kind, ...(key === '' ? {} : { key }) }
      if (result === 'delivered') return logger.info(about, 'an alert was delivered')
      const why = typeof cause === 'number' ? { status: cause } : { err: cause }
      const words = result === 'failed' ? 'an alert could not be delivered, and is tried again' : 'an alert is given up'
      logger.warn({ ...about, ...why }, words)
    },
    onStoreFailed: (err) => logger.warn({ err }, 'alerts cannot be read now; they are sent when they can'),
  })
  sender.wake()
  return sender
}

import { createHmac } from 'node:crypto'
import { usdOf } from '../money.ts'
import { sentenceOf } from './alert.ts'
import type { Alert } from './alert.ts'
import type { AlertForm } from './alert-form-names.ts'

/** An HTTP request that delivers one alert. */
export interface AlertMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The form that the receiver of an address takes; `json` for all that are not known. */
export function formOf(url: string): AlertForm {
  const { hostname, pathname } = new URL(url)
  if (hostname === 'hooks.slack.com') return 'slack'
  if (/^(?:\w+\.)?discord(?:app)?\.com$/.test(hostname) && pathname.startsWith('/api/webhooks/')) return 'discord'
  return hostname === 'ntfy.sh' ? 'ntfy' : 'json'
}

const JSON_TYPE = { 'content-type': 'application/json' }

/**
 * The alert as its receiver takes it.
 * @param secret `whsec_…`, which signs the form `json`
 * @param now the time of the attempt, which a signature covers
 */
export function alertMessage(
  alert: Alert,
  form: AlertForm,
  { secret, now }: { readonly secret: string | undefined; readonly now: number },
): AlertMessage {
  const text = sentenceOf(alert)
  switch (form) {
    case 'slack':
      return { headers: JSON_TYPE, body: JSON.stringify({ text }) }
    case 'discord':
      // Names of keys may look like mentions.
      return { headers: JSON_TYPE, body: JSON.stringify({ content: text, allowed_mentions: { parse: [] } }) }
    case 'ntfy':
      return { headers: { 'content-type': 'text/plain', title: 'comet-gateway', ...urgency(alert) }, body: text }
    case 'json':
      break
  }
  const body = JSON.stringify(jsonOf(alert, text))
  return { headers: { ...JSON_TYPE, ...signed(alert.messageId, body, { secret, now }) }, body }
}

function urgency({ kind, budget }: Alert): Record<string, string> {
  if (kind === 'test') return { priority: 'default', tags: 'white_check_mark' }
  const isUrgent = budget === undefined || budget.threshold >= 100
  return { priority: isUrgent ? 'high' : 'default', tags: isUrgent ? 'rotating_light' : 'warning' }
}

/** The envelope of Standard Webhooks: a type, a time, and data. */
function jsonOf({ kind, keyName, budget, at }: Alert, message: string): object {
  const spending =
    budget === undefined
      ? {}
      : {
          threshold_percent: budget.threshold,
          limit_usd: usdOf(budget.limitMicros),
          period: budget.period,
          spent_usd: usdOf(budget.spentMicros),
        }
  const data = { message, ...(keyName === '' ? {} : { key: keyName }), ...spending }
  return { type: `alert.${kind}`, timestamp: new Date(at).toISOString(), data }
}

/** Headers of Standard Webhooks 1.0: `v1,` and HMAC-SHA256 of id, time and body. Without a secret, unsigned. */
function signed(
  id: string,
  body: string,
  { secret, now }: { readonly secret: string | undefined; readonly now: number },
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const named = { 'webhook-id': id, 'webhook-timestamp': timestamp }
  if (secret === undefined) return named
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { ...named, 'webhook-signature': `v1,${signature}` }
}

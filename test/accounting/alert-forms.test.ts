import { describe, expect, it } from 'vitest'
import { alertMessage, formOf } from '../../src/accounting/alerts/alert-forms.ts'
import { sentenceOf } from '../../src/accounting/alerts/alert.ts'
import type { Alert } from '../../src/accounting/alerts/alert.ts'

const NOW = 1_764_000_000_000
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const AT = Date.UTC(2026, 10, 25, 20)
const budget = { limitMicros: 25_000_000, period: 'month', spentMicros: 20_000_000, threshold: 80 } as const
const ofAlice: Alert = { messageId: 'alert_1', kind: 'budget', keyName: 'alice', budget, at: AT }
const WORDS =
  "The budget of the key 'alice' has reached 80 %: $20.00 of $25.00 per month is spent. It resets at 2026-12-01T00:00Z."

describe('an alert', () => {
  it.each<[string, Partial<Alert>, string]>([
    ['a threshold', {}, WORDS],
    [
      'the end of a budget that does not reset',
      { budget: { ...budget, period: 'total', threshold: 100, spentMicros: 25_000_000 } },
      "The budget of the key 'alice' is used up: $25.00 of $25.00 in total is spent. It does not reset.",
    ],
    [
      'the spend limit',
      { kind: 'spend_limit', keyName: '' },
      WORDS.replace("budget of the key 'alice'", 'spend limit of this gateway'),
    ],
    ['a rejected key', { kind: 'upstream_rejected_key', budget: undefined }, 'Check COMETAPI_KEY.'],
    ['an exhausted quota', { kind: 'upstream_quota_exhausted', budget: undefined }, 'Top it up.'],
  ])('says %s in words', (_what, changes, words) => {
    expect(sentenceOf({ ...ofAlice, ...changes })).toContain(words)
  })

  it('is JSON in the envelope of Standard Webhooks', () => {
    const { headers, body } = alertMessage(ofAlice, 'json', { secret: SECRET, now: NOW })
    expect(JSON.parse(body)).toEqual({
      type: 'alert.budget',
      timestamp: '2026-11-25T20:00:00.000Z',
      data: {
        message: WORDS,
        key: 'alice',
        threshold_percent: 80,
        limit_usd: 25,
        period: 'month',
        spent_usd: 20,
      },
    })
    expect(headers).toMatchObject({ 'webhook-id': 'alert_1', 'webhook-timestamp': '1764000000' })
    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/]{43}=$/)
  })

  // Made by the package standardwebhooks 1.1.1: new Webhook(SECRET).sign('alert_1', new Date(NOW), body).
  it('is signed as the libraries of Standard Webhooks check it', () => {
    const test: Alert = { messageId: 'alert_1', kind: 'test', keyName: '', budget: undefined, at: NOW }
    const { headers } = alertMessage(test, 'json', { secret: SECRET, now: NOW })
    expect(headers['webhook-signature']).toBe('v1,DciNxhNnJ7Ty4cj2AajVvMHMcM4uzbW9CPTJCEnZlC4=')
  })

  it('has no signature where there is no secret', () => {
    expect(alertMessage(ofAlice, 'json', { secret: undefined, now: NOW }).headers).not.toHaveProperty(
      'webhook-signature',
    )
  })

  it.each([
    ['slack', { text: WORDS }],
    ['discord', { content: WORDS, allowed_mentions: { parse: [] } }],
  ] as const)('is what %s takes', (form, expected) => {
    const { headers, body } = alertMessage(ofAlice, form, { secret: SECRET, now: NOW })
    expect([headers, JSON.parse(body)]).toEqual([{ 'content-type': 'application/json' }, expected])
  })

  it('is a text with a title and a priority for ntfy', () => {
    const { headers, body } = alertMessage(ofAlice, 'ntfy', { secret: SECRET, now: NOW })
    expect([headers, body]).toEqual([
      { 'content-type': 'text/plain', title: 'comet-gateway', priority: 'default', tags: 'warning' },
      WORDS,
    ])
    const urgent = { ...ofAlice, kind: 'upstream_rejected_key', budget: undefined } as const
    expect(alertMessage(urgent, 'ntfy', { secret: SECRET, now: NOW }).headers).toMatchObject({ priority: 'high' })
  })
})

it.each([
  ['https://hooks.slack.com/services/T0/B0/x', 'slack'],
  ['https://discord.com/api/webhooks/1/x', 'discord'],
  ['https://ptb.discord.com/api/webhooks/1/x', 'discord'],
  ['https://discord.com/channels/1', 'json'],
  ['https://ntfy.sh/team', 'ntfy'],
  ['https://ntfy.example.com/team', 'json'],
  ['https://hooks.slack.com.evil.example/x', 'json'],
])('%s takes the form %s', (url, form) => {
  expect(formOf(url)).toBe(form)
})

import { describe, expect, it } from 'vitest'
import { ADMIN, KEY, problems, problemsOf, read, USER_KEY } from './reading.ts'

describe('the CometAPI key', () => {
  it('is required', () => {
    expect(problemsOf({})).toEqual(['COMETAPI_KEY is missing. Set it, or SANDBOX=true to try the gateway offline.'])
  })

  it('is not required in the sandbox', () => {
    expect(problemsOf({ SANDBOX: 'true' })).toEqual([])
  })

  it.each(['COMETAPI_API_KEY', 'COMET_API_KEY'])('is looked for under the wrong name %s', (name) => {
    expect(problemsOf({ [name]: KEY })).toEqual([
      `COMETAPI_KEY is missing. ${name} is set: this gateway reads COMETAPI_KEY.`,
    ])
  })

  it.each([{ GATEWAY_KEYS: `alice=${KEY}` }, { ADMIN_KEY: KEY }, { METRICS_TOKEN: KEY }])(
    'must not be handed out as well: %j',
    (changes) => {
      expect(problems(changes)).toContain(
        'COMETAPI_KEY is also one of GATEWAY_KEYS, ADMIN_KEY or METRICS_TOKEN: the paid key must stay inside.',
      )
    },
  )
})

describe('an address that others can reach', () => {
  const EXPOSED = [
    '0.0.0.0',
    '::',
    '[::]',
    '192.168.1.7',
    'gateway.example.com',
    '127.0.0.1.evil.com',
    'localhost.evil.com',
    '1270.0.1',
  ]

  it.each(EXPOSED)('%s is refused without keys', (HOST) => {
    expect(problems({ HOST })).toEqual([
      `HOST is ${HOST}, which others can reach: set GATEWAY_KEYS or ADMIN_KEY, or HOST=127.0.0.1.`,
    ])
  })

  it.each(EXPOSED)('%s is fine with a key', (HOST) => {
    expect(read({ HOST, GATEWAY_KEYS: `alice=${USER_KEY}` })).toMatchObject({ HOST, loopbackOnly: false })
  })

  it('is fine with an admin key', () => {
    expect(read({ HOST: '0.0.0.0', ADMIN_KEY: ADMIN }).loopbackOnly).toBe(false)
  })

  it('is fine in the sandbox, where there is nothing to steal', () => {
    expect(problemsOf({ HOST: '0.0.0.0', SANDBOX: 'true' })).toEqual([])
  })

  it.each([',', ' , ,, '])('is refused with a list of no keys: %j', (GATEWAY_KEYS) => {
    expect(problems({ HOST: '0.0.0.0', GATEWAY_KEYS })).toContain('GATEWAY_KEYS has no entry: write name=key')
  })

  it('is refused with nothing but a token for metrics', () => {
    expect(problems({ HOST: '0.0.0.0', METRICS_TOKEN: 'metrics-01234567' })).toHaveLength(1)
  })
})

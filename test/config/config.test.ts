import { describe, expect, it } from 'vitest'
import { environmentWith, readConfig } from '../../src/config/config.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { DATA_DIR, KEY, problems, read } from './reading.ts'

describe('the defaults', () => {
  it('are those that are documented', () => {
    expect(read()).toEqual({
      COMETAPI_KEY: KEY,
      ALERT_THRESHOLDS: [50, 80, 100],
      ALERT_WEBHOOK_FORM: 'auto',
      COMETAPI_BASE_URL: 'https://api.cometapi.com',
      HOST: '127.0.0.1',
      PORT: 8080,
      SANDBOX: false,
      SANDBOX_LATENCY_MS: 3000,
      STREAM_KEEP_ALIVE_MS: 15_000,
      UPSTREAM_RETRIES: 2,
      ORPHAN_TTL_MS: 600_000,
      IDEMPOTENCY_TTL_MS: 86_400_000,
      ORPHAN_SPOOL_BYTES: 1_073_741_824,
      SANDBOX_FAILURE_RATE: 0,
      DEFAULT_MODEL: 'dall-e-3',
      DEFAULT_EDIT_MODEL: 'gpt-image-2',
      PARAMETER_POLICY: 'strict',
      PICTURES: true,
      PICTURES_BYTES: 10_737_418_240,
      PICTURES_TTL_MS: 86_400_000,
      UNKNOWN_MODELS: 'allow',
      PRICE_MULTIPLIER: 1,
      DATA_DIR: './data',
      DATABASE: true,
      UNPRICED_MODELS: 'refuse',
      MAX_IN_FLIGHT: 0,
      RATE_LIMIT_RPM: 0,
      CHECK_RATE_LIMIT_RPM: 600,
      AUTH_FAILURES_PER_MINUTE: 20,
      MAX_BODY_BYTES: 33_554_432,
      MAX_UPLOAD_BYTES: 1_073_741_824,
      MAX_UPLOADS_BYTES_PER_KEY: 4_294_967_296,
      MAX_UPLOADS_BYTES: 17_179_869_184,
      UPSTREAM_TIMEOUT_MS: 600_000,
      UPSTREAM_CONNECT_TIMEOUT_MS: 10_000,
      DRAIN_TIMEOUT_MS: 120_000,
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'auto',
      loopbackOnly: true,
    })
  })

  it.each(Object.keys(VARIABLES))('stand for an empty %s as for an absent one', (name) => {
    for (const empty of ['', ' ', '\t\n'])
      expect(readConfig({ COMETAPI_KEY: KEY, SANDBOX: 'true', [name]: empty })).toEqual(
        readConfig({
          COMETAPI_KEY: name === 'COMETAPI_KEY' ? undefined : KEY,
          SANDBOX: name === 'SANDBOX' ? undefined : 'true',
        }),
      )
  })

  it('cannot be changed once they are read', () => {
    expect(Object.isFrozen(read())).toBe(true)
  })

  it.each(Object.entries(VARIABLES))('of %s have a line of documentation', (_name, { doc }) => {
    expect(doc).toMatch(/^.{15,}\.$/)
  })
})

describe('all problems', () => {
  it('are said at once, one a line', () => {
    const environment = { PORT: 'x', LOG_LEVEL: 'loud', PRICE_MULTIPLIER: '-1', HOST: '0.0.0.0', DATA_DIR }
    expect(() => readConfig(environment)).toThrow(
      'The configuration is not usable:\n' +
        '  - PORT must be a whole number from 0 to 65535\n' +
        '  - PRICE_MULTIPLIER must be a number from 0 to 1000\n' +
        '  - LOG_LEVEL must be one of debug, info, warn, error, silent\n' +
        '  - COMETAPI_KEY is missing. Set it, or SANDBOX=true to try the gateway offline.\n' +
        '  - HOST is 0.0.0.0, which others can reach: set GATEWAY_KEYS or ADMIN_KEY, or HOST=127.0.0.1.',
    )
  })

  it('of one variable are all said', () => {
    expect(problems({ ADMIN_KEY: 'a b' })).toEqual([
      'ADMIN_KEY must not contain spaces or line breaks',
      'ADMIN_KEY must have at least 24 characters',
    ])
  })
})

describe('environmentWith', () => {
  it('lays variables over those of the process', () => {
    expect(environmentWith({ COMETAPI_KEY: KEY })).toEqual({ ...process.env, COMETAPI_KEY: KEY })
  })
})

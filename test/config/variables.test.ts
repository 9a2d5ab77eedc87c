import { describe, expect, it } from 'vitest'
import { ADMIN, KEY, problems, read } from './reading.ts'
import type { Config } from '../../src/config/config.ts'

const GOOD: readonly (readonly [name: keyof Config, written: string, value: unknown])[] = [
  ['COMETAPI_KEY', ` ${KEY}\n`, KEY],
  ['COMETAPI_BASE_URL', 'https://api.cometapi.com/v1', 'https://api.cometapi.com'],
  ['COMETAPI_BASE_URL', 'https://api.cometapi.com/v1/', 'https://api.cometapi.com'],
  ['COMETAPI_BASE_URL', 'https://proxy.example.com/comet/v1', 'https://proxy.example.com/comet'],
  ['COMETAPI_BASE_URL', 'http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ['COMETAPI_BASE_URL', 'http://localhost:4010/v1', 'http://localhost:4010'],
  ['COMETAPI_BASE_URL', 'http://[::1]:4010', 'http://[::1]:4010'],
  ['HOST', '::1', '::1'],
  ['HOST', 'localhost', 'localhost'],
  ['PORT', '0', 0],
  ['PORT', '65535', 65_535],
  ['PORT', '080', 80],
  ...(['true', '1', 'yes'] as const).map((on) => ['SANDBOX', on, true] as const),
  ...(['false', '0', 'no'] as const).map((off) => ['SANDBOX', off, false] as const),
  ['SANDBOX_LATENCY_MS', '0', 0],
  ['SANDBOX_FAILURE_RATE', '0.25', 0.25],
  ['SANDBOX_FAILURE_RATE', '1', 1],
  ['DEFAULT_MODEL', 'gpt-image-2', 'gpt-image-2'],
  ['PARAMETER_POLICY', 'drop', 'drop'],
  ['UNKNOWN_MODELS', 'reject', 'reject'],
  ['MODELS_FILE', 'models.json', 'models.json'],
  ['PRICE_MULTIPLIER', '0.8', 0.8],
  ['PRICE_MULTIPLIER', '0', 0],
  ['ADMIN_KEY', ADMIN, ADMIN],
  ['METRICS_TOKEN', 'metrics-01234567', 'metrics-01234567'],
  ['CORS_ORIGINS', 'https://app.example.com', ['https://app.example.com']],
  [
    'CORS_ORIGINS',
    'https://App.example.com/, http://localhost:5173,tauri://localhost,chrome-extension://abcdef',
    ['https://app.example.com', 'http://localhost:5173', 'tauri://localhost', 'chrome-extension://abcdef'],
  ],
  ['CORS_ORIGINS', 'https://b\u00fccher.example:443', ['https://xn--bcher-kva.example']],
  ['ALERT_WEBHOOK_URL', 'https://hooks.slack.com/services/T/B/x', 'https://hooks.slack.com/services/T/B/x'],
  ['ALERT_THRESHOLDS', '90, 50,90', [50, 90]],
  ['RATE_LIMIT_RPM', '60', 60],
  ['MAX_BODY_BYTES', '1024', 1024],
  ['MAX_BODY_BYTES', '512KiB', 524_288],
  ['MAX_BODY_BYTES', '64 MiB', 67_108_864],
  ['MAX_BODY_BYTES', '1gib', 1_073_741_824],
  ['MAX_UPLOAD_BYTES', '16GiB', 17_179_869_184],
  ['MAX_UPLOADS_BYTES', '1TiB', 1_099_511_627_776],
  ['ORPHAN_SPOOL_BYTES', '0', 0],
  ['UPSTREAM_TIMEOUT_MS', '1', 1],
  ['DRAIN_TIMEOUT_MS', '0', 0],
  ['DRAIN_TIMEOUT_MS', '90s', 90_000],
  ['ORPHAN_TTL_MS', '15 m', 900_000],
  ['IDEMPOTENCY_TTL_MS', '30d', 2_592_000_000],
  ['IDEMPOTENCY_TTL_MS', '24H', 86_400_000],
  ['STREAM_KEEP_ALIVE_MS', '250ms', 250],
  ['LOG_LEVEL', 'silent', 'silent'],
  ['LOG_FORMAT', 'pretty', 'pretty'],
]

const WHOLE = (min: number, max: number): string => `must be a whole number from ${min} to ${max}`
const PERCENTAGES = 'must be whole percentages from 1 to 100, comma-separated: 50,80,100'
const SIZE = 'must be a size from 1KiB to 1GiB: bytes, or a whole number with KiB, MiB, GiB or TiB'
const TIME = (min: string, max: string): string =>
  `must be a time from ${min} to ${max}: milliseconds, or a whole number with ms, s, m, h or d`

/** Written values that are refused, and the problem. */
const BAD: readonly (readonly [name: string, written: string, problem: string])[] = [
  ['COMETAPI_KEY', 'two words', 'must not contain spaces or line breaks'],
  ['COMETAPI_KEY', 'clé-secrète', 'must not contain spaces or line breaks'],
  ['COMETAPI_KEY', 'a\r\nx-evil:1', 'must not contain spaces or line breaks'],
  ['COMETAPI_BASE_URL', 'api.cometapi.com', 'must be an http or https URL'],
  ['COMETAPI_BASE_URL', 'ftp://api.cometapi.com', 'must be an http or https URL'],
  ['COMETAPI_BASE_URL', 'file:///etc/passwd', 'must be an http or https URL'],
  ['COMETAPI_BASE_URL', 'https://', 'must be an http or https URL'],
  ['COMETAPI_BASE_URL', 'https://me:secret@api.cometapi.com', 'must not contain a user name or password'],
  ['COMETAPI_BASE_URL', 'https://:secret@api.cometapi.com', 'must not contain a user name or password'],
  ...[
    'http://api.cometapi.com',
    'http://10.0.0.1',
    'http://localhost.evil.com',
    'http://127.0.0.1.evil.com',
    'http://0.0.0.0',
  ].map(
    (url) =>
      [
        'COMETAPI_BASE_URL',
        url,
        'must be https: plain http is allowed to loopback only, so that the key never crosses a network in clear',
      ] as const,
  ),
  ...['65536', '-1', '80.5', '8e3', '0x50', 'http', '99999999999999999999'].map(
    (port) => ['PORT', port, WHOLE(0, 65_535)] as const,
  ),
  ['SANDBOX', 'TRUE', 'must be one of 0, 1, true, false, yes, no'],
  ['SANDBOX', 'on', 'must be one of 0, 1, true, false, yes, no'],
  ['SANDBOX_LATENCY_MS', '600001', TIME('0', '10m')],
  ['SANDBOX_FAILURE_RATE', '1.1', 'must be a number from 0 to 1'],
  ['SANDBOX_FAILURE_RATE', '-0.1', 'must be a number from 0 to 1'],
  ['SANDBOX_FAILURE_RATE', '50%', 'must be a number from 0 to 1'],
  ['PARAMETER_POLICY', 'lenient', 'must be one of strict, drop'],
  ['UNKNOWN_MODELS', 'deny', 'must be one of allow, reject'],
  ['PRICE_MULTIPLIER', '1001', 'must be a number from 0 to 1000'],
  ['PRICE_MULTIPLIER', '0,8', 'must be a number from 0 to 1000'],
  ['ADMIN_KEY', 'short', 'must have at least 24 characters'],
  ['METRICS_TOKEN', 'fifteen-letters', 'must have at least 16 characters'],
  ...[
    '*',
    'null',
    'app.example.com',
    'https://*.example.com',
    'https://a.example/path',
    'https://me@a.example',
    'https://',
  ].map(
    (origin) =>
      [
        'CORS_ORIGINS',
        origin,
        'entry 1 must be an origin, such as https://app.example.com: no path, no * and no null',
      ] as const,
  ),
  [
    'CORS_ORIGINS',
    'https://app.example.com,,app.example.com',
    'entry 2 must be an origin, such as https://app.example.com: no path, no * and no null',
  ],
  ['CORS_ORIGINS', ',', 'has no entry: write https://app.example.com'],
  ['ALERT_WEBHOOK_URL', 'hooks.slack.com', 'must be an http or https URL'],
  ['ALERT_WEBHOOK_URL', 'https://me:secret@a.example', 'must not contain a user name or password'],
  [
    'ALERT_WEBHOOK_SECRET',
    'whsec_short',
    'must be whsec_ and 24 to 64 bytes in base64: whsec_$(openssl rand -base64 32)',
  ],
  ...['0', '101', '50;80', '50%'].map((text) => ['ALERT_THRESHOLDS', text, PERCENTAGES] as const),
  ['RATE_LIMIT_RPM', '1000001', WHOLE(0, 1_000_000)],
  ['AUTH_FAILURES_PER_MINUTE', '0', WHOLE(1, 1_000_000)],
  ['MAX_BODY_BYTES', '1023', SIZE],
  ['MAX_BODY_BYTES', '1mb', SIZE],
  ...['2GiB', '1.5GiB', '64MB', '64M', '-1GiB', 'GiB', '0x10KiB', '1e3KiB', '64MiB 1'].map(
    (size) => ['MAX_BODY_BYTES', size, SIZE] as const,
  ),
  ['UPSTREAM_TIMEOUT_MS', '0', TIME('1ms', '1d')],
  ['UPSTREAM_CONNECT_TIMEOUT_MS', '600001', TIME('1ms', '10m')],
  ['DRAIN_TIMEOUT_MS', '86400001', TIME('0', '1d')],
  ...['2d', '1.5h', '10min', '-1s', 's', '1h30m', '1e3s'].map(
    (time) => ['DRAIN_TIMEOUT_MS', time, TIME('0', '1d')] as const,
  ),
  ['LOG_LEVEL', 'verbose', 'must be one of debug, info, warn, error, silent'],
  ['LOG_FORMAT', 'xml', 'must be one of auto, json, pretty'],
]

describe('a variable', () => {
  it.each(GOOD)('%s=%j is read as %j', (name, written, value) => {
    expect(read({ [name]: written })[name]).toEqual(value)
  })

  it.each(BAD)('%s=%j is refused: it %s', (name, written, problem) => {
    expect(problems({ [name]: written })).toEqual([`${name} ${problem}`])
  })

  it('that is not known is left alone', () => {
    expect(read({ PATH: '/bin', COMETAPI: 'x' })).toEqual(read())
  })
})

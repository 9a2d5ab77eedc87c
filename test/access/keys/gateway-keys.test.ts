import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../../src/config/config.ts'

const A = 'sk-gw-aaaaaaaaaaaaaaaa'
const B = 'sk-gw-bbbbbbbbbbbbbbbb'
const UPSTREAM = 'sk-comet-0123456789abcdef'

const read = (GATEWAY_KEYS: string): unknown => readConfig({ COMETAPI_KEY: UPSTREAM, GATEWAY_KEYS }).GATEWAY_KEYS

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readConfig({ COMETAPI_KEY: UPSTREAM, ...environment })
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('GATEWAY_KEYS', () => {
  it.each([
    ['one', `alice=${A}`],
    ['spaces and empty entries', ` alice=${A} ,, `],
  ])('may hold %s', (_what, written) => {
    expect(read(written)).toEqual([{ name: 'alice', key: A }])
  })

  it('may hold several, in order', () => {
    expect(read(`bob=${B},alice=${A}`)).toEqual([
      { name: 'bob', key: B },
      { name: 'alice', key: A },
    ])
  })

  it('may hold keys with equals signs', () => {
    expect(read('ci=c2VjcmV0LWtleS0xMjM0NTY3OA==')).toEqual([{ name: 'ci', key: 'c2VjcmV0LWtleS0xMjM0NTY3OA==' }])
  })

  it.each(['a', 'alice.b', 'alice@example.com', 'ci_2-x', 'x'.repeat(64)])('may name a caller %s', (name) => {
    expect(read(`${name}=${A}`)).toEqual([{ name, key: A }])
  })

  it.each([16, 256])('may hold a key of %i characters', (length) => {
    expect(read(`alice=${'k'.repeat(length)}`)).toEqual([{ name: 'alice', key: 'k'.repeat(length) }])
  })

  const FORM = 'must look like name=key, the name of letters, digits and . _ @ -'

  it.each([
    [A, `entry 1 ${FORM}`],
    [`=${A}`, `entry 1 ${FORM}`],
    [`al ice=${A}`, `entry 1 ${FORM}`],
    [`älice=${A}`, `entry 1 ${FORM}`],
    [`${'x'.repeat(65)}=${A}`, `entry 1 ${FORM}`],
    [`alice=${A},${B}`, `entry 2 ${FORM}`],
  ])('may not hold %j', (written, problem) => {
    expect(problems({ GATEWAY_KEYS: written })).toEqual([`GATEWAY_KEYS ${problem}`])
  })

  it.each([
    'alice=',
    'alice=fifteen-letters',
    `alice=${'k'.repeat(257)}`,
    'alice=two words and more',
    `alice="${A}"\n${B}`,
    'alice=schlüssel-schlüssel',
  ])('may not hold a key like that of %j', (written) => {
    expect(problems({ GATEWAY_KEYS: written })).toEqual([
      expect.stringMatching(/entry 1.* needs a key of 16 to 256 characters without spaces$/),
    ])
  })

  it('may not name two callers alike', () => {
    expect(problems({ GATEWAY_KEYS: `alice=${A},alice=${B}` })).toEqual([
      expect.stringMatching(/^GATEWAY_KEYS entry 2 repeats the name/),
    ])
  })

  it('may not give two callers one key', () => {
    expect(problems({ GATEWAY_KEYS: `alice=${A},bob=${A}` })).toEqual([
      expect.stringMatching(/^GATEWAY_KEYS entry 2 .*has the same key as another entry$/),
    ])
  })

  it('may not hold the key of the administrator', () => {
    const ADMIN_KEY = 'admin-0123456789-0123456789'
    expect(problems({ ADMIN_KEY, GATEWAY_KEYS: `alice=${ADMIN_KEY}` })).toEqual([
      'ADMIN_KEY is also one of GATEWAY_KEYS: a caller would be an administrator.',
    ])
  })

  it('has all its mistakes said at once', () => {
    expect(problems({ GATEWAY_KEYS: `alice=short,${A},bob=${B}` })).toHaveLength(2)
  })
})

describe('no secret stands in any message', () => {
  const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'

  it.each([
    ['an entry without a name', { GATEWAY_KEYS: SECRET }],
    ['an entry without a name, its key ending in equals signs', { GATEWAY_KEYS: `${SECRET}==` }],
    ['an entry with key and name exchanged', { GATEWAY_KEYS: `${SECRET}=alice` }],
    [
      'an entry with key and name exchanged, twice',
      { GATEWAY_KEYS: `${SECRET}=alice-alice-alice,${SECRET}=bob-bob-bob-bob-bob` },
    ],
    ['a key with a space', { GATEWAY_KEYS: `alice=${SECRET} x` }],
    ['a key that is too long', { GATEWAY_KEYS: `alice=${SECRET.repeat(20)}` }],
    ['a key that occurs twice', { GATEWAY_KEYS: `alice=${SECRET},bob=${SECRET}` }],
    ['the paid key handed out', { COMETAPI_KEY: SECRET, GATEWAY_KEYS: `alice=${SECRET}` }],
    ['the administrator’s key handed out', { ADMIN_KEY: SECRET, GATEWAY_KEYS: `alice=${SECRET}` }],
    ['a paid key with a line break', { COMETAPI_KEY: `${SECRET}\nx` }],
    ['an administrator’s key with a space', { ADMIN_KEY: `${SECRET} x` }],
    ['a short administrator’s key', { ADMIN_KEY: SECRET.slice(0, 20) }],
    ['a token for metrics with a space', { METRICS_TOKEN: `${SECRET} x` }],
    ['an address with a password', { COMETAPI_BASE_URL: `https://me:${SECRET}@api.cometapi.com` }],
    ['an address that is none', { COMETAPI_BASE_URL: `not a url ${SECRET}` }],
    ['a key in the place of a flag', { SANDBOX: SECRET }],
    ['a key in the place of a number', { PORT: SECRET }],
    ['a key in the place of a level', { LOG_LEVEL: SECRET }],
  ])('%s', (_what, environment) => {
    const said = problems(environment)
    expect(said.length).toBeGreaterThan(0)
    expect(said.filter((problem) => problem.includes(SECRET.slice(0, 12)))).toEqual([])
  })
})

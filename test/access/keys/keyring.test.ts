import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADMIN, ANONYMOUS, bearerToken, Keyring, secretsEqual } from '../../../src/access/keys/keyring.ts'
import { growth } from '../../helpers/time/growth.ts'

const ALICE = { name: 'alice', key: 'sk-gw-aaaaaaaaaaaaaaaa' }
const BOB = { name: 'bob', key: 'sk-gw-bbbbbbbbbbbbbbbb' }
const ADMIN_KEY = 'admin-0123456789-0123456789'

describe('a keyring', () => {
  const keyring = new Keyring([ALICE, BOB], ADMIN_KEY)

  it('finds each caller by the key', () => {
    expect([keyring.find(ALICE.key), keyring.find(BOB.key)]).toEqual([{ name: 'alice' }, { name: 'bob' }])
  })

  it('finds the administrator', () => {
    expect(keyring.find(ADMIN_KEY)).toBe(ADMIN)
  })

  it.each([
    ['nothing', ''],
    ['a name', 'alice'],
    ['a beginning', ALICE.key.slice(0, -1)],
    ['a longer key', `${ALICE.key}a`],
    ['other capitals', ALICE.key.toUpperCase()],
    ['a space more', `${ALICE.key} `],
    ['a member of objects', '__proto__'],
    ['megabytes', 'x'.repeat(5_000_000)],
  ])('finds nobody by %s', (_what, key) => {
    expect(keyring.find(key)).toBeUndefined()
  })

  it('finds nobody by any other key', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        fc.pre(![ALICE.key, BOB.key, ADMIN_KEY].includes(key))
        expect(keyring.find(key)).toBeUndefined()
      }),
    )
  })

  it('names its callers in order, the administrator apart', () => {
    expect(keyring.names).toEqual(['alice', 'bob'])
  })

  it('does not keep the keys', () => {
    const held = JSON.stringify(keyring) + Object.getOwnPropertyNames(keyring).join(' ')
    expect([ALICE.key, BOB.key, ADMIN_KEY].filter((key) => held.includes(key))).toEqual([])
  })

  it('is empty where there is nobody but the administrator', () => {
    expect([new Keyring([], ADMIN_KEY).isEmpty, new Keyring([], undefined).isEmpty, keyring.isEmpty]).toEqual([
      true,
      true,
      false,
    ])
  })

  it('has no administrator where there is no key for one', () => {
    expect(new Keyring([ALICE], undefined).find('')).toBeUndefined()
  })

  it('hands out callers that cannot be changed', () => {
    expect([ADMIN, ANONYMOUS, keyring.find(ALICE.key)].map((caller) => Object.isFrozen(caller))).toEqual([
      true,
      true,
      true,
    ])
  })
})

describe('bearerToken', () => {
  it.each([
    ['Bearer sk-gw-1', 'sk-gw-1'],
    ['bearer sk-gw-1', 'sk-gw-1'],
    ['BEARER sk-gw-1', 'sk-gw-1'],
    ['Bearer   sk-gw-1  ', 'sk-gw-1'],
    ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  ])('of %j is %s', (header, token) => {
    expect(bearerToken(header)).toBe(token)
  })

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'sk-gw-1',
    'Basic c2s6Z3c=',
    'Bearersk-gw-1',
    'Bearer two words',
    ' Bearer sk-gw-1',
    'Token Bearer x',
  ])('of %j is none', (header) => {
    expect(bearerToken(header)).toBeUndefined()
  })

  it('is found or not at once in a header of 16 KiB', async () => {
    const find = (length: number): void => {
      bearerToken(`Bearer ${'a'.repeat(length / 2)}${' '.repeat(length / 2)}b`)
      bearerToken(`Bearer ${' '.repeat(length)}`)
    }
    expect(await growth(16_000, find)).toBeLessThan(12)
  })
})

describe('secretsEqual', () => {
  it.each([
    ['metrics-01234567', 'metrics-01234567', true],
    ['metrics-01234567', 'metrics-01234568', false],
    ['metrics', 'metrics-01234567', false],
    ['', 'metrics-01234567', false],
    ['', '', true],
    ['é', 'e\u0301', false],
  ])('of %j and %j is %s', (presented, expected, isEqual) => {
    expect(secretsEqual(presented, expected)).toBe(isEqual)
  })
})

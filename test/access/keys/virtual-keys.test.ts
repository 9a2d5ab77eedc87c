import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyDigest, keyShape, newKeySecret } from '../../../src/access/keys/key-secret.ts'
import { checkedChanges, checkedSettings } from '../../../src/access/keys/key-settings.ts'
import { VirtualKeys, keyRefused } from '../../../src/access/keys/virtual-keys.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { DAY, HOUR, NOON } from '../../helpers/store/store.ts'
import type { IssuedKey } from '../../../src/access/keys/virtual-keys.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let keys: VirtualKeys
let alice: IssuedKey

beforeEach(async () => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  keys = new VirtualKeys(store.keys)
  alice = await keys.create(checkedSettings({ name: 'alice' }), NOON)
})
afterEach(() => {
  store.close()
  directory.remove()
})

describe('a new key', () => {
  it('is sk-gw-, 190 random bits and a checksum, never the same', () => {
    const secrets = Array.from({ length: 1000 }, newKeySecret)
    expect(new Set(secrets).size).toBe(1000)
    for (const secret of secrets) expect(secret).toMatch(/^sk-gw-[0-9A-Za-z]{38}$/)
    expect(secrets.map(keyShape)).toEqual(secrets.map(() => 'well_formed'))
  })

  it('uses every character about equally often', () => {
    const counts = new Map<string, number>()
    for (let made = 0; made < 2000; made++) {
      for (const character of newKeySecret().slice(6, 38)) counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    const mean = (2000 * 32) / 62
    expect(counts.size).toBe(62)
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(mean * 0.2)
  })

  it('is told from a mistyped one without a lookup: any one character, or one missing', () => {
    const characters = fc.stringMatching(/^[0-9A-Za-z]$/)
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 43 }), characters, (at, character) => {
        const { secret } = alice
        const changed = secret.slice(0, at) + character + secret.slice(at + 1)
        expect(keyShape(changed)).toBe(changed === secret ? 'well_formed' : 'mistyped')
        const missing = secret.slice(0, at) + secret.slice(at + 1)
        expect(keyShape(missing)).toBe('mistyped')
      }),
    )
  })

  it('is not in the file', () => {
    const bytes = ['gateway.db', 'gateway.db-wal'].map((name) => readFileSync(join(directory.path, name)))
    const file = Buffer.concat(bytes)
    expect(file.indexOf(keyDigest(alice.secret))).toBeGreaterThan(0)
    expect(file.indexOf(alice.secret.slice(6, 30))).toBe(-1)
  })
})

describe('a presented key', () => {
  it('leads to what it may do', async () => {
    expect(await keys.authenticate(alice.secret, NOON)).toEqual(alice.key)
  })

  it.each([
    ['foreign', () => 'sk-proj-0123456789'],
    ['foreign', () => ''],
    ['mistyped', () => alice.secret.toLowerCase()],
    ['mistyped', () => `${alice.secret} `],
    ['mistyped', () => `sk-gw-${'x'.repeat(1_000_000)}`],
    ['unknown', () => newKeySecret()],
  ])('is refused as %s', async (reason, presented) => {
    expect(await keys.authenticate(presented(), NOON)).toBe(reason)
  })

  it.each([
    ['revoked', () => store.keys.revoke('alice', NOON)],
    ['disabled', () => store.keys.update('alice', { isDisabled: true }, NOON)],
    ['expired', () => store.keys.update('alice', { expiresAt: NOON + HOUR }, NOON)],
  ] as const)('is refused as %s, also where it was just found', async (reason, end) => {
    expect(await keys.authenticate(alice.secret, NOON)).toMatchObject({ name: 'alice' })
    end()
    expect(await keys.authenticate(alice.secret, NOON + HOUR)).toBe(reason)
    expect(keyRefused(reason)).toMatchObject({ code: 'invalid_api_key', status: 401 })
  })

  it('works to the last millisecond before it expires', async () => {
    store.keys.update('alice', { expiresAt: NOON + HOUR }, NOON)
    expect(await keys.authenticate(alice.secret, NOON + HOUR - 1)).toMatchObject({ name: 'alice' })
  })
})

describe('a rotation', () => {
  it('gives a new secret, and lets the old one work for its grace period', async () => {
    const rotated = await keys.rotate('alice', HOUR, NOON)
    expect(rotated.secret).not.toBe(alice.secret)
    const found = async (secret: string, now: number) => keys.authenticate(secret, now)
    expect(await found(rotated.secret, NOON)).toMatchObject({ id: alice.key.id })
    expect(await found(alice.secret, NOON + HOUR - 1)).toMatchObject({ id: alice.key.id })
    expect(await found(alice.secret, NOON + HOUR)).toBe('replaced')
    expect(await found(rotated.secret, NOON + DAY)).toMatchObject({ id: alice.key.id })
  })

  it('does not prolong what an earlier one has ended', async () => {
    await keys.rotate('alice', HOUR, NOON)
    await keys.rotate('alice', DAY, NOON)
    expect(await keys.authenticate(alice.secret, NOON + HOUR)).toBe('replaced')
  })

  it('without grace ends the old one at once', async () => {
    await keys.rotate('alice', 0, NOON)
    expect(await keys.authenticate(alice.secret, NOON)).toBe('replaced')
  })
})

describe('a revocation', () => {
  it('ends every secret of the key, for ever', async () => {
    const { secret } = await keys.rotate('alice', HOUR, NOON)
    store.keys.revoke('alice', NOON)
    expect([await keys.authenticate(alice.secret, NOON), await keys.authenticate(secret, NOON)]).toEqual([
      'revoked',
      'revoked',
    ])
    for (const verb of [
      () => store.keys.update('alice', { isDisabled: false }, NOON),
      () => store.keys.rotate('alice', { digest: keyDigest('x'), hint: '' }, NOON, NOON),
      () => store.keys.revoke('alice', NOON),
    ])
      expect(verb).toThrow(expect.objectContaining({ code: 'key_is_revoked' }) as Error)
  })

  it('keeps the name: the ledger is labelled with it', async () => {
    store.keys.revoke('alice', NOON)
    await expect(keys.create(checkedSettings({ name: 'alice' }), NOON)).rejects.toMatchObject({ code: 'name_taken' })
  })
})

describe("a key's settings", () => {
  it.each([
    ['a name with a space', { name: 'a b' }],
    ['an empty name', { name: '' }],
    ['a long name', { name: 'x'.repeat(65) }],
    ['a formula', { name: '=HYPERLINK("http://x")' }],
    ['a label that ends early', { name: 'a",model="b' }],
    ['a quote', { name: "x'; DROP TABLE keys; --" }],
    ['a line break in its name', { name: 'alice\n' }],
    ["the administrator's name", { name: 'admin' }],
    ["the anonymous callers' name", { name: 'anonymous' }],
    ['an escape sequence in its note', { name: 'x', note: 'a\u001b[2Jb' }],
    ['a C1 control in its note', { name: 'x', note: 'a\u009b2Jb' }],
    ['reversed text in its note', { name: 'x', note: 'a\u202eb' }],
    ['a line break in its note', { name: 'x', note: 'a\nb' }],
    ['half a character in its note', { name: 'x', note: '\ud800' }],
    ['a long note', { name: 'x', note: 'n'.repeat(501) }],
    ['a limit of nothing', { name: 'x', requestsPerMinute: 0 }],
    ['a broken limit', { name: 'x', imagesPerMinute: 1.5 }],
    ['a negative budget', { name: 'x', budget: { limitMicros: -1, period: 'day' as const } }],
    ['a budget that cannot be added up', { name: 'x', budget: { limitMicros: 1e13, period: 'day' as const } }],
    ['no model', { name: 'x', models: [] }],
    ['a model with a space', { name: 'x', models: ['gpt-image-2 '] }],
  ])('cannot have %s', (_what, settings) => {
    expect(() => checkedSettings(settings)).toThrow(expect.objectContaining({ code: 'invalid_settings' }) as Error)
  })

  it('are kept as they are, whatever a note says', async () => {
    const note = `it's "quoted", =1+1; DROP TABLE keys; -- 日本語`
    const { key } = await keys.create(
      checkedSettings({ name: 'bob', note, models: ['gpt-image-*'], maxInFlight: 3 }),
      NOON,
    )
    expect(store.keys.named('bob')).toEqual(key)
    expect(key).toMatchObject({ note, models: ['gpt-image-*'], maxInFlight: 3, budget: undefined })
  })

  it('change only where they are named; undefined takes a limit away', () => {
    store.keys.update('alice', checkedChanges({ requestsPerMinute: 5, note: 'a' }), NOON)
    const changed = store.keys.update('alice', checkedChanges({ requestsPerMinute: undefined }), NOON)
    expect(changed).toMatchObject({ note: 'a', requestsPerMinute: undefined })
  })
})

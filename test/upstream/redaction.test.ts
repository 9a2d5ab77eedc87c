import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyRedactor, withoutKeysInErrors } from '../../src/upstream/redaction.ts'
import { leakOf, SPELLINGS } from '../helpers/spellings.ts'

const KEY = 'sk-Vq7Zt2Lm9XcR4bNw8KdY3hGf6JpS0aEu'
const redact = keyRedactor(KEY)

describe('a text of the upstream', () => {
  it.each([...SPELLINGS.keys()])('has none of the key, %s', (name) => {
    const spelled = SPELLINGS.get(name)?.(KEY) ?? ''
    expect(leakOf(KEY, redact(spelled))).toBeUndefined()
    expect(redact(spelled)).toContain('[redacted]')
    expect(leakOf(KEY, redact(`Bad key: ${spelled}.`))).toBeUndefined()
  })

  it('keeps what stands around it', () => {
    expect(redact(`The key '${KEY}' is 100% wrong.`)).toBe("The key '[redacted]' is 100% wrong.")
    expect(redact(`a ${KEY.slice(3, 12)} b ${KEY.slice(20, 30)} c`)).toBe('a [redacted] b [redacted] c')
    expect(redact(`İ%C4%B0 ${KEY} ẞ`)).toBe('İ%C4%B0 [redacted] ẞ')
  })

  it.each([
    '',
    'sk-',
    KEY.slice(0, 7),
    'Invalid size. Supported values are: 1024x1024, 1536x1024.',
    '20260205132859798638387SIHCnxzJ',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    '无效的令牌',
    '%',
    '%zz%4',
    '\u{1f511}'.repeat(20),
  ])('stays as it is where it has none of it: %j', (text) => {
    expect(redact(text)).toBe(text)
  })

  it('has no eight characters of the key in a row, whatever it is made of', () => {
    const spelled = fc.constantFrom(...SPELLINGS.values()).map((spell) => spell(KEY))
    const part = fc
      .tuple(spelled, fc.nat(60), fc.nat(60))
      .map(([text, from, length]) => text.slice(from, from + length))
    const text = fc
      .array(fc.oneof(fc.string({ unit: 'binary' }), part), { maxLength: 8 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (said) => {
        expect(leakOf(KEY, redact(said))).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('is never taken for the key where it is any other', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w-]{1,128}$/), (id) => {
        expect(redact(id)).toBe(id)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the bytes of an answer', () => {
  const clean = (text: string): string => withoutKeysInErrors(Buffer.from(text), redact).toString()

  it('lose the key from an error beside the images, and nothing else', () => {
    const answer = (message: string): string =>
      JSON.stringify({ data: [{ b64_json: 'AAAA', revised_prompt: 'ein Käse' }, { error: { message } }], seed: 1 })
    expect(clean(answer(`bad ${KEY} 无效`))).toBe(answer('bad [redacted] 无效'))
  })

  it.each(['{"data":[]}', `{"data":[],"note":"${KEY}"}`, `{"error" : null,"note":"${KEY}"}`, '{"error":{"code":"x"}}'])(
    'are the same where no error has a part of the key: %s',
    (text) => {
      const bytes = Buffer.from(text)
      expect(withoutKeysInErrors(bytes, redact)).toBe(bytes)
    },
  )

  it('lose it from an error that comes after an empty one', () => {
    expect(clean(`{"error":null,"data":[{"error":"${KEY}"}]}`)).toBe('{"error":null,"data":[{"error":"[redacted]"}]}')
  })

  it('are searched from an error on for 16 KiB, whatever their size', () => {
    const image = 'A'.repeat(5_000_000)
    const searched: number[] = []
    const counting = (text: string): string => {
      searched.push(text.length)
      return redact(text)
    }
    const bytes = Buffer.from(`{"b64_json":"${image}","error":"${KEY}","more":"${image}"}`)
    expect(withoutKeysInErrors(bytes, counting).toString()).toContain('"error":"[redacted]"')
    expect(searched).toEqual([16_384])
  })
})

describe('a key', () => {
  it('of any letters is found', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: 'binary-ascii' }), fc.string(), (key, around) => {
        expect(keyRedactor(key)(`${around}${key}${around}`)).toContain('[redacted]')
      }),
    )
  })

  it.each(['', 'short'])('of less than eight characters is not looked for in parts: %j', (key) => {
    expect(keyRedactor(key)('a short text')).toBe('a short text')
  })
})

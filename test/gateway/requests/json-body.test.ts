import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJsonBody } from '../../../src/gateway/requests/json-body.ts'
import { refusalOf } from './refusals.ts'

const parse = (text: string): ReadonlyMap<string, unknown> => parseJsonBody(Buffer.from(text))
const messageOf = (body: unknown): string => {
  const error = refusalOf(() => parseJsonBody(body))
  expect([error.status, error.code]).toEqual([400, 'invalid_json'])
  return error.message
}

describe('parseJsonBody', () => {
  it('gives the members of the object by name', () => {
    expect(parse('{"model":"gpt-image-2","prompt":"A boat","n":1,"user":null}')).toEqual(
      new Map<string, unknown>([
        ['model', 'gpt-image-2'],
        ['prompt', 'A boat'],
        ['n', 1],
        ['user', null],
      ]),
    )
  })

  it.each(['{}', ' {} ', '\n{\r\n}\t'])('takes %j for an object without members', (text) => {
    expect(parse(text).size).toBe(0)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('gives %s as a member like any other', (name) => {
    const members = parse(`{"prompt":"A boat","${name}":{"polluted":true}}`)
    expect([...members.keys()]).toEqual(['prompt', name])
    expect(members.get(name)).toEqual({ polluted: true })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('refuses a parameter name written with an escape, and takes one further inside', () => {
    expect(messageOf(Buffer.from(String.raw`{"pr\u006fmpt":"A boat"}`))).toContain('written with an escape')
    expect(parse(String.raw`{"prompt":"A boat","metadata":{"caf\u00e9":1}}`).get('metadata')).toEqual({ café: 1 })
  })

  it('takes any Unicode, surrogates without a partner included', () => {
    expect(parse(String.raw`{"prompt":"🦊 图 \ud83e \u0000"}`).get('prompt')).toBe('🦊 图 \ud83e \u0000')
  })
})

describe('a body that is no JSON object', () => {
  it.each([
    ['an array', '[{"prompt":"A boat"}]'],
    ['null', 'null'],
    ['a string', '"A boat"'],
    ['an integer', '5'],
    ['a number', '1.5'],
    ['a boolean', 'true'],
  ])('is refused and called by its name: %s', (name, text) => {
    expect(messageOf(Buffer.from(text))).toBe(`The body must be a JSON object, but it is ${name}.`)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty buffer', Buffer.alloc(0)],
    ['a parsed object', { prompt: 'A boat' }],
    ['text', '{"prompt":"A boat"}'],
  ])('is refused as no body at all: %s', (_name, body) => {
    expect(messageOf(body)).toBe('The request has no body. Send a JSON object.')
  })

  it.each([
    ['a byte that is never UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a character that is cut off', Buffer.from('{"prompt":"é"}').subarray(0, 12)],
    ['Latin-1', Buffer.from('{"prompt":"é"}', 'latin1')],
    ['an overlong slash', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('\ufeff{"prompt":"é"}', 'utf16le')],
  ])('is refused as not UTF-8: %s', (_name, body) => {
    expect(messageOf(body)).toBe('The body is not valid UTF-8.')
  })
})

describe('a syntax error', () => {
  it.each([
    ['a trailing comma', '{"a":1,}', 1, 8],
    ['single quotes', "{'a':1}", 1, 2],
    ['a missing colon', '{"a" 1}', 1, 6],
    ['a second value', '{"a":1} x', 1, 9],
    ['on a later line', '{\n  "a": 1,\n  "b": 1.\n}', 3, 10],
    ['a line break inside of a string', '{"a":"b\n"}', 1, 8],
    ['an end inside of a string', '{"a":"b', 1, 8],
  ])('is refused with its place: %s', (_what, text, line, column) => {
    expect(messageOf(Buffer.from(text))).toBe(
      `We could not parse the JSON body of your request: it stops making sense at line ${line}, column ${column}.`,
    )
  })

  it.each([
    ['a word that is no value', '{"prompt": nope}'],
    ['a form', 'prompt=boat&n=1'],
    ['a byte order mark', '\ufeff{"prompt":"A boat"}'],
    ['a comment', '/* */ {"prompt":"A boat"}'],
    ['undefined', '{"n": undefined}'],
    ['NaN', '{"n": NaN}'],
  ])('is not said to be a body that ends too early: %s', (_what, text) => {
    expect(messageOf(Buffer.from(text))).not.toContain('ends too early')
  })

  it.each(['{', '{"a":', '{"a":1', '{"a":[1,'])(
    'is said to be a body that ends too early, or where it ends: %j',
    (text) => {
      expect(messageOf(Buffer.from(text))).toMatch(new RegExp(`ends too early|line 1, column ${text.length + 1}\\.`))
    },
  )

  it.each(['{"prompt":"SECRET" x}', '{"prompt": SECRET}', '{"prompt":"SECRET', 'SECRET', '{"prompt":"SECRET\n"}'])(
    'is described without the text around it: %j',
    (text) => {
      expect(messageOf(Buffer.from(text))).not.toContain('SECRET')
    },
  )

  it('is not placed where the body itself says so', () => {
    expect(messageOf(Buffer.from('x at position 7'))).not.toContain('column 8')
  })
})

describe('a name that occurs twice', () => {
  it.each([
    ['at the top', '{"n":1,"prompt":"A boat","n":10}'],
    ['with the same value', '{"n":1,"n":1}'],
    ['in an object inside', '{"options":{"max_images":1,"max_images":15}}'],
    ['in an object inside of a list', '{"list":[{"a":1},{"a":1,"a":2}]}'],
    ['written in two ways', String.raw`{"n":1,"\u006e":10}`],
    ['as a number', '{"1":"a","1":"b"}'],
    ['as the empty name', '{"":1,"":2}'],
    ['as __proto__', '{"__proto__":1,"__proto__":2}'],
    ['three times', '{"a":1,"a":2,"a":3}'],
  ])('is refused %s, since parsers differ on which one counts', (_where, text) => {
    expect(messageOf(Buffer.from(text))).toBe('A name occurs twice in the same JSON object; each may occur once.')
  })

  it.each([
    ['in different objects', '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}'],
    ['in a string with colons and quotes', String.raw`{"a":"\"a\":1,{\"a\":2}","b":"\\"}`],
    ['in other capitals', '{"n":1,"N":2}'],
  ])('is fine %s', (_where, text) => {
    expect(() => parse(text)).not.toThrow()
  })

  // V8 14.6 (Node 26.10) reads "mod\u0065l" as "mod\\u" where an object of the same shape had that name before it.
  it('is refused where an earlier body has misled the parser about how the name is spelt', () => {
    const primer = Buffer.from(String.raw`{"zz":1,"model":"some-new-model","prompt":"A boat","mod\\u":1}`)
    expect(refusalOf(() => parseJsonBody(primer)).code).toBe('invalid_json')
    const body = Buffer.from(String.raw`{"zz":1,"model":"some-new-model","prompt":"A boat","mod\u0065l":"gpt-image-2"}`)
    expect(refusalOf(() => parseJsonBody(body)).code).toBe('invalid_json')
  })

  it('is found in any object, and nowhere else', () => {
    // No name with a backslash: after one, V8 (Node 26.10) can take "\"" for it in an object of the same shape.
    const key = fc.constantFrom('a', 'b', 'c', ':', '{', ',', '__proto__')
    const value = fc.constantFrom('1', String.raw`"\":{\"\\"`, 'null', '{"a":1}', '[1,{"b":2}]')
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 5 }), (members) => {
        const text = `{${members.map(([name, one]) => `${JSON.stringify(name)}:${one}`).join(',')}}`
        const isTwice = new Set(members.map(([name]) => name)).size < members.length
        if (isTwice) expect(messageOf(Buffer.from(text))).toContain('twice')
        else expect(parse(text).size).toBe(members.length)
      }),
      { numRuns: 500 },
    )
  })
})

const nested = (levels: number): Buffer => Buffer.from(`{"a":${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}}`)

describe('nesting', () => {
  it('of 64 levels is taken', () => {
    expect(parseJsonBody(nested(64)).size).toBe(1)
  })

  it('of 65 levels is refused', () => {
    expect(messageOf(nested(65))).toBe('The body is nested more than 64 levels deep.')
  })

  it('of a million levels is refused without exhausting the stack', () => {
    expect(messageOf(nested(1_000_000))).toBe('The body is nested more than 64 levels deep.')
  })

  it.each(['{},', '[],', '1,', '"k":1,'])('or with too many parts (%s) is refused before it is parsed', (part) => {
    const body = Buffer.from(`{"a":[${part.repeat(1_000_000)}1]}`)
    expect(messageOf(body)).toBe('The body has more than 20000 members and elements.')
  })

  it('does not count brackets in strings', () => {
    expect(parse(`{"prompt":"${'[{'.repeat(100)}"}`).size).toBe(1)
  })
})

it('reads whatever JSON.stringify writes', () => {
  const name = fc.string().map((text) => text.replaceAll(/["\\\p{Cc}]/gu, '/'))
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue()), (value) => {
      const written = JSON.stringify(value)
      expect(JSON.stringify(Object.fromEntries(parse(written)))).toBe(written)
    }),
  )
})

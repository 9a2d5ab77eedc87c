import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogging, createRedactor, describeError, readableLine } from '../../src/telemetry/logging.ts'
import type { Logger } from 'pino'

const KEY = 'sk-planted-upstream-key-0123456789'
const ODD = 'any.visible/ascii+is:a=key'

interface Log {
  readonly logger: Logger
  readonly lines: string[]
}

async function logWith(secrets: readonly string[], level = 'debug'): Promise<Log> {
  const lines: string[] = []
  const { logger } = await createLogging({
    level,
    format: 'json',
    secrets,
    destination: { write: (line) => void lines.push(line) },
  })
  return { logger, lines }
}

describe('a redactor', () => {
  const redact = createRedactor([KEY, ODD])

  it.each([
    [`Incorrect API key provided: ${KEY}.`],
    [`Authorization: Bearer ${KEY}`],
    [`https://api.example.com/?key=${KEY}&x=1`],
    [`${KEY}${KEY}`],
    [`a${KEY}b`],
    [`the key ${ODD} is wrong`],
    [`${ODD},${KEY}`],
    [`"${ODD}"`],
  ])('takes the secrets out of %j', (text) => {
    const safe = redact(text)
    expect([KEY, ODD].filter((secret) => safe.includes(secret))).toEqual([])
    expect(safe).toContain('[redacted]')
  })

  it.each([
    ['key sk-abcdefgh12345678 refused', 'key [redacted] refused'],
    ['key sk-proj-abc_DEF-123456 refused', 'key [redacted] refused'],
    ['authorization: Bearer abcdefgh.ijkl', 'authorization: [redacted]'],
    ['authorization: bearer abcdefgh', 'authorization: [redacted]'],
    ['SK-ABCDEFGH12345678', '[redacted]'],
    ['pk_live_0123456789', '[redacted]'],
  ])('takes what is shaped like a key out of %j', (text, safe) => {
    expect(createRedactor([])(text)).toBe(safe)
  })

  it.each(['', 'Invalid size', 'a task-force at risk', 'sk-short', 'The desk-top is clean', 'gpt-image-2', 'bearer'])(
    'leaves %j as it is',
    (text) => {
      expect(redact(text)).toBe(text)
    },
  )

  it('leaves nothing of a key that begins with another one', () => {
    const both = createRedactor([ODD, `${ODD}-and-more`])
    expect(both(`x ${ODD}-and-more y`)).toBe('x [redacted] y')
  })

  it('does not take an empty secret for anything', () => {
    expect(createRedactor([''])('words')).toBe('words')
  })

  it('takes a secret out wherever it stands', () => {
    const around = fc.string()
    fc.assert(
      fc.property(around, around, around, (before, between, after) => {
        fc.pre(![before, between, after].some((text) => text.includes('key')))
        const safe = redact(before + KEY + between + ODD + after)
        expect(safe).not.toContain(KEY)
        expect(safe).not.toContain(ODD)
      }),
    )
  })
})

describe('a log line', () => {
  const places: readonly [place: string, write: (logger: Logger, secret: string) => void][] = [
    ['the message', (logger, secret) => logger.info(`key ${secret}`)],
    ['an argument of the message', (logger, secret) => logger.info('key %s', secret)],
    ['a member', (logger, secret) => logger.info({ header: secret }, 'words')],
    ['the name of a member', (logger, secret) => logger.info({ [secret]: 1 }, 'words')],
    ['a member far inside', (logger, secret) => logger.info({ a: { b: [{ c: `x${secret}y` }] } }, 'words')],
    ['the message of an error', (logger, secret) => logger.error({ err: new Error(`bad ${secret}`) }, 'words')],
    ['an error by itself', (logger, secret) => logger.error(new Error(`bad ${secret}`))],
    [
      'the name of an error',
      (logger, secret) => logger.error({ err: Object.assign(new Error('bad'), { name: secret }) }, 'words'),
    ],
    [
      'the code of an error',
      (logger, secret) => logger.error({ err: Object.assign(new Error('bad'), { code: secret }) }, 'words'),
    ],
    ['a thrown string', (logger, secret) => logger.error({ err: secret }, 'words')],
    ['a child’s bindings', (logger, secret) => logger.child({ key: secret }).info('words')],
    ['a buffer as text', (logger, secret) => logger.info({ body: Buffer.from(secret).toString() }, 'words')],
  ]

  it.each(places)('never holds a secret in %s', async (_place, write) => {
    const { logger, lines } = await logWith([KEY, ODD])
    for (const secret of [KEY, ODD]) write(logger, secret)
    expect(lines).toHaveLength(2)
    expect(lines.filter((line) => [KEY, ODD].some((secret) => line.includes(secret)))).toEqual([])
  })

  it.each(places)('is still JSON where a secret was taken out of %s', async (_place, write) => {
    const { logger, lines } = await logWith([KEY, ODD])
    write(logger, KEY)
    expect(() => JSON.parse(lines[0] ?? '') as unknown).not.toThrow()
  })

  it.each(['quote"inside-0123456789', 'back\\slash-0123456789'])(
    'never holds a secret that JSON writes differently: %s',
    async (secret) => {
      const { logger, lines } = await logWith([secret])
      logger.info({ header: secret }, `key ${secret}`)
      expect(lines[0]).not.toContain('0123456789')
    },
  )

  it('says the time, the level and the words, and no host name', async () => {
    const { logger, lines } = await logWith([KEY])
    logger.info({ status: 200 }, 'request')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      status: 200,
      msg: 'request',
    })
  })

  it('is not written below the level', async () => {
    const { logger, lines } = await logWith([], 'warn')
    logger.info('quiet')
    logger.warn('loud')
    expect(lines).toHaveLength(1)
  })

  it('is not written at all when the log is silent', async () => {
    const { logger, lines } = await logWith([], 'silent')
    logger.fatal('loud')
    expect(lines).toEqual([])
  })
})

describe('a described error', () => {
  const redact = createRedactor([KEY])

  it('has its name, message, code and stack', () => {
    const error = Object.assign(new TypeError('bad'), { code: 'ERR_BAD' })
    expect(describeError(error, redact)).toEqual({
      type: 'TypeError',
      message: 'bad',
      code: 'ERR_BAD',
      stack: expect.stringContaining('TypeError: bad'),
    })
  })

  it('has no keys in its message and stack', () => {
    expect(JSON.stringify(describeError(new Error(`bad ${KEY} and sk-other-key-12345`), redact))).not.toMatch(
      /planted|other-key/,
    )
  })

  it('has none of its other members, which may hold a request', () => {
    const error = Object.assign(new Error('bad'), {
      body: '{"prompt":"secret"}',
      cause: new Error('secret'),
      headers: { a: 'secret' },
    })
    expect(JSON.stringify(describeError(error, redact))).not.toContain('secret')
  })

  it('has no code that is not text', () => {
    expect(describeError(Object.assign(new Error('bad'), { code: 7 }), redact).code).toBeUndefined()
  })

  it('has no stack where there is none', () => {
    expect(describeError(Object.assign(new Error('bad'), { stack: undefined }), redact).stack).toBeUndefined()
  })

  it.each<[name: string, thrown: unknown, type: string, message: string]>([
    ['text', `no ${KEY}`, 'string', 'no [redacted]'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['null', null, 'object', 'null'],
    ['a number', 5, 'number', '5'],
    ['a symbol', Symbol('bad'), 'symbol', 'Symbol(bad)'],
    ['an object', { a: 1 }, 'object', '[object Object]'],
  ])('may be %s that was thrown', (_name, thrown, type, message) => {
    expect(describeError(thrown, redact)).toEqual({ type, message, code: undefined, stack: undefined })
  })

  it('may be an object that cannot be written', () => {
    expect(describeError(Object.create(null), redact)).toMatchObject({ type: 'object' })
  })
})

describe('a line for human eyes', () => {
  it('says in one sentence what an exchange came to', () => {
    const line = {
      msg: 'request',
      status: 200,
      outcome: 'completed',
      endpoint: 'images.generations',
      model: 'gpt-image-2',
      size: '1024x1024',
      quality: 'low',
      totalTokens: 204,
      costUsd: 0.00592,
      costEstimated: false,
      durationMs: 231.79,
      key: 'alice',
      requestId: 'req_1',
    }
    expect(readableLine(line)).toBe(
      '200 images.generations gpt-image-2 completed · 1024x1024 · low · 204 tokens · $0.00592 · 232 ms · alice · req_1',
    )
  })

  it('names what was wrong with a refused one', () => {
    const line = {
      msg: 'request',
      status: 400,
      outcome: 'rejected',
      endpoint: 'images.generations',
      model: 'dall-e-3',
      code: 'invalid_value',
      param: 'n',
      durationMs: 1,
      key: 'bob',
      requestId: 'req_2',
    }
    expect(readableLine(line)).toBe('400 images.generations dall-e-3 rejected · invalid_value n · 1 ms · bob · req_2')
  })
})

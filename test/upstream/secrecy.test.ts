import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/telemetry/logging.ts'
import { readError, withoutInternals } from '../../src/upstream/envelope.ts'
import { translateFailure } from '../../src/upstream/translate.ts'
import { growth } from '../helpers/time/growth.ts'
import { comet, PLANTED_KEY, translate } from './translating.ts'

const RAND = '20260205132859798638387SIHCnxzJ'

describe('withoutInternals', () => {
  it.each([
    [`field messages is required (request id: ${RAND})`, 'field messages is required'],
    [`bad size (Request ID: ${RAND})`, 'bad size'],
    [`bad size (request_id: ${RAND})`, 'bad size'],
    [
      `no available channel for group default and model X (distributor) (request id: ${RAND})`,
      'no available channel and model X',
    ],
    ['Your prompt was rejected under group vip-eu', 'Your prompt was rejected'],
    ['failed in group default: bad size', 'failed bad size'],
    ['bad size (channel #42)', 'bad size'],
    ['bad size, channel: azure-7', 'bad size,'],
    ['bad size on channel 12', 'bad size on'],
    ['Rejected. request ID req_abc123.', 'Rejected.'],
  ])('makes of %j only %j', (message, clean) => {
    expect(withoutInternals(message)).toBe(clean)
  })

  it.each([
    'The image has no alpha channel.',
    "Invalid value: '1254x836'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
    'Your request was rejected by the safety system. safety_violations=[sexual].',
    'Transparent background is not supported for this model',
    "Unknown parameter: 'response_format'.",
    '',
  ])('leaves %j as it is', (message) => {
    expect(withoutInternals(message)).toBe(message)
  })

  it('leaves a whole sentence where OpenAI asks to quote the request id', () => {
    const message =
      'Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com ' +
      'and include the request ID 6f1c-77ab. safety_violations=[sexual].'
    const clean = withoutInternals(message)
    expect(clean).not.toContain('6f1c')
    expect(clean).not.toContain('include the safety_violations')
  })

  it('cuts a message of many megabytes', () => {
    expect(withoutInternals('x'.repeat(5_000_000)).length).toBeLessThanOrEqual(2000)
  })

  it.each([' ', ' (', 'request id ', '(request id', 'channel ', ' under group ', ', request ID: '])(
    'does so at once, whatever the message is made of: %j',
    async (piece) => {
      expect(await growth(100_000, (count) => withoutInternals(piece.repeat(count)))).toBeLessThan(12)
    },
  )
})

describe('a planted key', () => {
  const STATUSES = [400, 401, 402, 403, 404, 413, 422, 429, 500, 502, 503, 504]
  const PLACES: readonly [place: string, body: unknown][] = [
    ['message', comet('invalid_value', `Incorrect API key provided: ${PLANTED_KEY}.`)],
    ['message, in the middle of a word', comet('invalid_value', `key=${PLANTED_KEY}&x=1`)],
    ['message, twice', comet('invalid_value', `${PLANTED_KEY} is not ${PLANTED_KEY}`)],
    ['message, in a header', comet('invalid_value', `Authorization: Bearer ${PLANTED_KEY}`)],
    ['message of a moderation', comet('moderation_blocked', `blocked for ${PLANTED_KEY}`)],
    ['message beside internals', comet('invalid_value', `bad (request id: 1) ${PLANTED_KEY} (channel #1)`)],
    ['code', comet(PLANTED_KEY)],
    ['param', comet('invalid_value', 'no', { param: PLANTED_KEY })],
    ['type', comet('invalid_value', 'no', { type: PLANTED_KEY })],
    ['error as text', { error: `bad key ${PLANTED_KEY}` }],
    ['text', `<html>${PLANTED_KEY}</html>`],
  ]

  it.each(PLACES)('in the %s never reaches the client', (_place, body) => {
    const said = STATUSES.map((status) => {
      const error = translate({ status, body })
      return JSON.stringify([error.toBody(), error.headers])
    })
    expect(said.filter((text) => text.includes(PLANTED_KEY) || text.includes('planted'))).toEqual([])
  })

  it.each([PLANTED_KEY, 'any.visible.ascii/may+be=a.key:0123456789'])(
    '%s does not survive in part where the message is cut',
    (key) => {
      const redact = createRedactor([key])
      const ends = Array.from({ length: 60 }, (_, shift) => {
        const body = Buffer.from(
          JSON.stringify(comet('invalid_value', `${'x '.repeat(970)}${'_'.repeat(shift)} ${key}`)),
        )
        const answer = { status: 400, error: readError(body, redact), model: 'gpt-image-2' }
        return translateFailure(answer, undefined).message.slice(-60)
      })
      expect(ends.filter((end) => end.includes(key.slice(0, 4)))).toEqual([])
    },
  )
})

describe('a message that goes to the client', () => {
  it.each([400, 404, 422])('has no request id after a %i', (status) => {
    const { message } = translate({ status, body: comet('invalid_value', `bad size (request id: ${RAND})`) })
    expect(message).toBe('bad size')
  })

  it('is not empty where nothing is left of it', () => {
    const { message } = translate({ status: 400, body: comet('invalid_value', ` (request id: ${RAND})`) })
    expect(message).toBe('CometAPI refused the request (400).')
  })
})

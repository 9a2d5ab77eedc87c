import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError, isAmbiguous } from '../../../src/errors/gateway-error.ts'
import { factsOfWhole } from '../../../src/gateway/answers/answer-facts.ts'
import { settlementOf } from '../../../src/gateway/generation/settlement.ts'
import { Catalogue } from '../../../src/models/catalogue.ts'
import type { Settlement } from '../../../src/accounting/settlement.ts'
import type { AnswerFacts } from '../../../src/gateway/answers/answer-facts.ts'
import type { PricedOrder, UpstreamOutcome } from '../../../src/gateway/generation/settlement.ts'

const models = new Catalogue({ unknownModels: 'allow' })
const USAGE = { input_tokens: 24, output_tokens: 200, total_tokens: 224 }
const timedOut = new GatewayError('upstream_timeout', 'too late')
const refused = new GatewayError('moderation_blocked', 'no')

function order(model: string, parameters: Record<string, unknown> = {}): PricedOrder {
  const given = new Map(Object.entries({ model, prompt: 'a boat', ...parameters }))
  return { model: models.resolve(model), parameters: given, priceMultiplier: 1 }
}

function facts(answer: unknown, isComplete = true): AnswerFacts {
  return { ...factsOfWhole(Buffer.from(JSON.stringify(answer))), isComplete }
}

const images = (count: number) => ({ data: Array.from({ length: count }, () => ({ b64_json: 'AA==' })) })

function settle(what: PricedOrder, outcome: Partial<UpstreamOutcome>): Settlement {
  return settlementOf(
    what,
    {
      isAccepted: false,
      facts: undefined,
      failure: undefined,
      upstreamRequestId: undefined,
      endedAt: 5,
      upstreamMs: 7,
      firstEventMs: undefined,
      ...outcome,
    },
    9,
  )
}

const low = { quality: 'low', size: '1024x1024' }
const gpt = order('gpt-image-2', low)
const three = order('gpt-image-2', { ...low, n: 3 })
const unpriced = order('some-new-model', { n: 2 })

/** Tokens at gpt-image-2's rates: 24 of text at $5 and 200 of an image at $30 per million. */
const REPORTED_MICROS = 24 * 5 + 200 * 30

const bothUsage = { ...images(1), usage: USAGE }
const CASES: readonly (readonly [string, PricedOrder, Partial<UpstreamOutcome>, object])[] = [
  [
    'images and usage',
    gpt,
    { isAccepted: true, facts: facts(bothUsage) },
    { verdict: 'bought', images: 1, cost: { costMicros: REPORTED_MICROS, estimated: false }, isUsageMissing: false },
  ],
  [
    'images without usage',
    gpt,
    { isAccepted: true, facts: facts(images(1)) },
    { verdict: 'bought', images: 1, usage: undefined, cost: { estimated: true }, isUsageMissing: true },
  ],
  [
    'images that could not be counted to the end',
    three,
    { isAccepted: true, facts: facts(images(1), false) },
    { verdict: 'bought', images: 3, cost: { estimated: true } },
  ],
  [
    'images of a model without a price',
    unpriced,
    { isAccepted: true, facts: facts({ ...images(2), usage: USAGE }) },
    { verdict: 'bought', images: 2, usage: { totalTokens: 224 }, cost: undefined, isUsageMissing: false },
  ],
  [
    'images whose price is by the image',
    order('dall-e-2', { size: '256x256', n: 2 }),
    { isAccepted: true, facts: facts(images(2)) },
    { verdict: 'bought', images: 2, cost: { costMicros: 32_000, estimated: false }, isUsageMissing: false },
  ],
  [
    'a stream that its upstream ended with an error after an image',
    three,
    { isAccepted: true, facts: facts(bothUsage), failure: refused },
    { verdict: 'bought', images: 1, usage: { totalTokens: 224 }, failure: 'moderation_blocked' },
  ],
  [
    'a stream that its upstream ended with an error before any image',
    three,
    { isAccepted: true, facts: facts({ data: [], usage: USAGE }), failure: refused },
    { verdict: 'free', images: 0, usage: undefined, cost: undefined },
  ],
  [
    'an answer that broke off after its usage',
    three,
    { isAccepted: true, facts: facts(bothUsage, false), failure: timedOut },
    { verdict: 'bought', images: 3, usage: { totalTokens: 224 }, cost: { costMicros: REPORTED_MICROS } },
  ],
  [
    'an answer that broke off before its usage',
    gpt,
    { isAccepted: true, facts: facts(images(0), false), failure: timedOut },
    { verdict: 'unknown', images: 1, imagesAsked: 1, cost: { estimated: true }, isUsageMissing: true },
  ],
  [
    'an order that was sent, and no answer',
    three,
    { failure: timedOut },
    { verdict: 'unknown', images: 0, imagesAsked: 3, isUsageMissing: false, failure: 'upstream_timeout' },
  ],
  [
    'an order for a model without a price that was sent, and no answer',
    unpriced,
    { failure: timedOut },
    { verdict: 'unknown', imagesAsked: 2, cost: undefined },
  ],
  [
    'a refusal',
    gpt,
    { failure: refused },
    { verdict: 'free', images: 0, usage: undefined, cost: undefined, failure: 'moderation_blocked' },
  ],
  [
    'an error beside a usage',
    gpt,
    {
      facts: facts({ error: { message: 'no' }, usage: USAGE }),
      failure: new GatewayError('upstream_invalid_response', 'no images'),
    },
    { verdict: 'free', images: 0, usage: undefined, cost: undefined, isUsageMissing: false },
  ],
  [
    'an answer without images that does not say that nothing was done',
    gpt,
    { failure: new GatewayError('upstream_invalid_response', 'no images', { isAmbiguous: true }) },
    { verdict: 'unknown', imagesAsked: 1, cost: { estimated: true } },
  ],
  [
    'an order that was never sent, since its client had left',
    gpt,
    { failure: new GatewayError('client_closed_request', 'left') },
    { verdict: 'free', cost: undefined },
  ],
]

describe('the settlement of a generation', () => {
  it.each(CASES)('of %s', (_what, what, outcome, expected) => {
    expect(settle(what, outcome)).toMatchObject(expected)
  })

  it('has the times of the call and the labels of what was made, else of what was asked for', () => {
    const answer = { ...images(1), size: '1536x1024', quality: 'high' }
    const outcome = { isAccepted: true, facts: facts(answer), upstreamRequestId: 'abc', firstEventMs: 3 }
    const times = { endedAt: 5, upstreamMs: 7, durationMs: 9, firstEventMs: 3, upstreamRequestId: 'abc' }
    expect(settle(gpt, outcome)).toMatchObject({ ...times, size: '1536x1024', quality: 'high' })
    expect(settle(gpt, { failure: timedOut })).toMatchObject({ size: '1024x1024', quality: 'low' })
    expect(settle(order('gpt-image-2'), { failure: timedOut })).toMatchObject({ size: 'default', quality: 'default' })
  })

  it('never costs more when it is unknown than the most that was held, and never less than when it was bought', () => {
    const failures = [undefined, timedOut, refused, new GatewayError('upstream_invalid_response', 'x')]
    const outcomes = fc.record({
      isAccepted: fc.boolean(),
      facts: fc.constantFrom(undefined, facts(images(1)), facts(bothUsage), facts(images(2), false)),
      failure: fc.constantFrom(...failures),
    })
    fc.assert(
      fc.property(fc.constantFrom(gpt, three, unpriced), outcomes, (what, outcome) => {
        const settlement = settle(what, outcome)
        const { failure, isAccepted } = outcome
        if (settlement.verdict === 'free') expect([settlement.images, settlement.cost]).toEqual([0, undefined])
        if (settlement.verdict === 'unknown') expect(failure !== undefined && isAmbiguous(failure)).toBe(true)
        if (settlement.verdict === 'bought') expect(isAccepted).toBe(true)
        if (settlement.cost !== undefined) expect(settlement.cost.costMicros).toBeGreaterThanOrEqual(0)
        expect(settlement.usage === undefined || settlement.verdict === 'bought').toBe(true)
      }),
    )
  })
})

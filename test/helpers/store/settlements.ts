import type { Bought, Free, Unknown } from '../../../src/accounting/settlement.ts'

const SETTLED = {
  size: '1024x1024',
  quality: 'low',
  partialImages: 0,
  failure: undefined,
  upstreamRequestId: undefined,
  endedAt: 0,
  upstreamMs: 0,
  durationMs: 0,
  firstEventMs: undefined,
  isUsageMissing: false,
}

/** One image at a reported cost. */
export function bought(costMicros: number, more: Partial<Bought> = {}): Bought {
  const cost = { costMicros, estimated: false }
  return { verdict: 'bought', images: 1, usage: undefined, cost, ...SETTLED, ...more }
}

export function free(more: Partial<Free> = {}): Free {
  return { verdict: 'free', images: 0, usage: undefined, cost: undefined, ...SETTLED, ...more }
}

export function unknown(more: Partial<Unknown> = {}): Unknown {
  return { verdict: 'unknown', images: 0, imagesAsked: 1, usage: undefined, cost: undefined, ...SETTLED, ...more }
}

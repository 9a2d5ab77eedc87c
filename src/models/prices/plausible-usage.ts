import type { Model } from '../model.ts'
import type { Usage } from '../../accounting/usage.ts'

/** Relays have been seen to report three and a half times the formula's tokens; far more is a defect. */
const MOST_TIMES_DEAREST = 20

/**
 * The reported usage of an answer with images, where its output can be theirs. An image without output tokens, or with
 * more than any has, would be booked at its input alone, or at thousands of dollars: its usage counts as not reported.
 */
export function plausibleUsage({ price }: Model, usage: Usage | undefined, images: number): Usage | undefined {
  if (usage === undefined || usage.outputTokens === 0) return undefined
  if (price?.unit !== 'token') return usage
  const dearest = price.outputTokens.highest(undefined, undefined) + (price.textOutputAtMost ?? 0)
  return usage.outputTokens <= MOST_TIMES_DEAREST * dearest * Math.max(1, images) ? usage : undefined
}

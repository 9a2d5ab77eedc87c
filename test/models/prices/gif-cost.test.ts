import { describe, expect, it } from 'vitest'
import { highestCostMicros } from '../../../src/models/prices/cost.ts'
import { given, modelOf } from '../checking.ts'

const cost = (parameters: Record<string, unknown>): number | undefined =>
  highestCostMicros(modelOf('gpt-image-2.6-flare'), given({ quality: 'high', ...parameters }), 1)

describe('the highest cost of an animated gif', () => {
  it.each([
    ['512x512', undefined, '1536x1536'],
    ['512x512', 2, '1536x1536'],
    ['640x640', 12, '2560x1920'],
    ['720x720', 16, '2880x2880'],
  ])('of %s with %j frames is that of their sheet', (size, frame_count, sheet) => {
    expect(cost({ output_format: 'gif', size, frame_count })).toBe(cost({ size: sheet }))
  })

  it('of frames whose sheet may lie on its side is the dearer of the two', () => {
    expect(cost({ output_format: 'gif', size: '640x512', frame_count: 12 })).toBe(
      Math.max(cost({ size: '2560x1536' }) ?? 0, cost({ size: '1920x2048' }) ?? 0),
    )
  })

  it('without a size is that of the largest sheet', () => {
    expect(cost({ output_format: 'gif' })).toBe(cost({ size: '2880x2880' }))
    expect(cost({ output_format: 'gif', size: 'auto' })).toBe(cost({}))
  })
})

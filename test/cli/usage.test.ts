import { describe, expect, it } from 'vitest'
import { blocks } from '../../src/cli/commands/usage.ts'

describe('a bar', () => {
  it('is as long as its share, and seen where that is not nothing', () => {
    expect([blocks(0), blocks(0.0001), blocks(0.5), blocks(1)]).toEqual(['', '▏', '█'.repeat(12), '█'.repeat(24)])
  })
})

import { getHeapSpaceStatistics } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { boundYoungGeneration } from '../../src/app/young-generation.ts'

const MEBIBYTE = 1024 * 1024

describe('the young generation', () => {
  it('may grow until it is large enough, and again once V8 has made it smaller', () => {
    const flags: string[] = []
    let bytes = MEBIBYTE
    let look = (): void => {}
    boundYoungGeneration({
      bytes: () => bytes,
      setFlag: (flag) => flags.push(flag),
      every: (_ms, looking) => (look = looking),
    })
    for (const size of [1, 2, 4, 8, 16, 16, 2, 4]) {
      bytes = size * MEBIBYTE
      look()
    }
    expect(flags).toEqual(['--semi-space-growth-factor=1', '--semi-space-growth-factor=2'])
  })

  it('has a name in V8’s statistics', () => {
    expect(getHeapSpaceStatistics().map(({ space_name: name }) => name)).toContain('new_space')
  })
})

import { expect, it } from 'vitest'
import { fuzzBadBodies } from './bad-bodies.ts'

it('refuses 2,000 generated bad bodies without a 5xx, an upstream call or a crash (npm run fuzz sends 100,000)', async () => {
  const { sent, failures } = await fuzzBadBodies(2000, 20_261_123)
  expect(failures).toEqual([])
  expect(sent).toBe(2000)
}, 60_000)

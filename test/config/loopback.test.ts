import { describe, expect, it } from 'vitest'
import { isLoopback } from '../../src/config/loopback.ts'

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost', 'LOCALHOST', 'api.localhost'])(
    'is true of %s',
    (host) => {
      expect(isLoopback(host)).toBe(true)
    },
  )

  it.each([
    '',
    '0.0.0.0',
    '::',
    '128.0.0.1',
    '127.0.0.1.evil.com',
    'localhost.evil.com',
    'notlocalhost',
    '127.0.0.256',
    '127.',
  ])('is false of %j', (host) => {
    expect(isLoopback(host)).toBe(false)
  })
})

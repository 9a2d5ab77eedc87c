import { describe, expect, it } from 'vitest'
import { systemCode } from '../../src/errors/system-error.ts'

describe('the code of an error of the system', () => {
  it('is its member `code`', () => {
    expect(systemCode(Object.assign(new Error('words'), { code: 'ENOSPC' }))).toBe('ENOSPC')
  })

  it.each([
    ['an error without one', new Error('words')],
    ['an error with a number', Object.assign(new Error('words'), { code: 5 })],
    ['an object that is no error', { code: 'ENOSPC' }],
    ['a text', 'ENOSPC'],
    ['null', null],
    ['undefined', undefined],
  ])('is undefined for %s', (_what, error) => {
    expect(systemCode(error)).toBeUndefined()
  })
})

import { expect, it } from 'vitest'
import { Closers } from '../../src/app/closers.ts'

it('closes in reverse, each step after the one before it has finished', async () => {
  const closers = new Closers()
  const done: string[] = []
  closers.add('first', () => done.push('first'))
  closers.add('second', async () => {
    await Promise.resolve()
    done.push('second')
  })
  closers.add('third', () => done.push('third'))
  await closers.close()
  expect(done).toEqual(['third', 'second', 'first'])
})

it('runs the other steps where one fails, whether at once or later, and throws all failures at the end', async () => {
  const failures: string[] = []
  const closers = new Closers({ onFailure: (error, name) => failures.push(`${name}: ${(error as Error).message}`) })
  let isClosed = false
  closers.add('first', () => {
    isClosed = true
  })
  closers.add('second', () => {
    throw new Error('at once')
  })
  closers.add('third', () => Promise.reject(new Error('later')))
  await expect(closers.close()).rejects.toMatchObject({
    errors: [new Error('later'), new Error('at once')],
  })
  expect(isClosed).toBe(true)
  expect(failures).toEqual(['third: later', 'second: at once'])
})

it('closes everything once', async () => {
  const closers = new Closers()
  let times = 0
  closers.add('only', () => (times += 1))
  await closers.close()
  await closers.close()
  expect(times).toBe(1)
})

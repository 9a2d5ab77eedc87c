import { expect, it } from 'vitest'
import { MinuteWindows } from '../../../src/access/limits/minute-windows.ts'

const ONE = { requests: 1, images: 0 }

it('gives each name its own window, and the same one again', () => {
  const windows = new MinuteWindows()
  windows.use('a', 0).add(ONE, 0)
  expect(windows.use('a', 10).at(10).requests).toBe(1)
  expect(windows.use('b', 10).at(10).requests).toBe(0)
})

it('remembers nothing of a name that is only looked at', () => {
  const windows = new MinuteWindows()
  expect(windows.peek('a').at(0).requests).toBe(0)
  expect(windows.size).toBe(0)
})

it('forgets the least recently used beyond its bound', () => {
  const windows = new MinuteWindows({ max: 2 })
  for (const name of ['a', 'b', 'a', 'c']) windows.use(name, 0).add(ONE, 0)
  expect(windows.size).toBe(2)
  expect(windows.peek('a').at(0).requests).toBe(2)
  expect(windows.peek('b').at(0).requests).toBe(0)
})

import { expect, it } from 'vitest'
import { parseDefaults } from '../../../src/access/keys/parameter-defaults.ts'

it.each([
  ['quality=medium,size=1024x1024', { quality: 'medium', size: '1024x1024' }],
  [' quality=medium , n=2, ', { quality: 'medium', n: '2' }],
  ['user=a=b', { user: 'a=b' }],
])('reads %j', (text, defaults) => {
  expect(parseDefaults(text)).toEqual(defaults)
})

it.each([
  ['', 'has no entry'],
  [' , ', 'has no entry'],
  ['quality', 'entry 1 must look like quality=medium'],
  ['quality=low,=2', 'entry 2 must look like'],
  ['n=2,quality=', 'entry 2 must look like'],
  ['quality=lo w', 'entry 1 must look like'],
  ['user=--boundary', 'entry 1 must look like'],
  ['user=a\r\nx: y', 'entry 1 must look like'],
  ['__proto__=1', 'entry 1 must look like'],
  ['quality=low,quality=high', 'names quality twice'],
  [Array.from({ length: 21 }, (_, index) => `p${index}=1`).join(','), 'at most 20 entries'],
])('refuses %j in words', (text, words) => {
  expect(parseDefaults(text)).toContain(words)
})

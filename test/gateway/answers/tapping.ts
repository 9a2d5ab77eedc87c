import * as fc from 'fast-check'
import { JsonTap } from '../../../src/gateway/answers/json-tap.ts'
import type { AnswerFacts } from '../../../src/gateway/answers/answer-facts.ts'

/** The facts that a tap finds in the chunks. */
export function tapped(chunks: Iterable<Buffer>): AnswerFacts {
  const tap = new JsonTap()
  for (const chunk of chunks) tap.write(chunk)
  return tap.facts()
}

/** A body cut at the given places. */
export function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (body.length + 1)))].toSorted((a, b) => a - b)
  const starts = [0, ...ends]
  return starts.map((start, index) => body.subarray(start, starts[index + 1] ?? body.length))
}

export function bytewise(body: Buffer): Buffer[] {
  return Array.from(body, (byte) => Buffer.from([byte]))
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n  ', '\t')

/** A JSON string as upstreams may write it: any character as itself, as \uXXXX, or as a short escape. */
function written(value: string): fc.Arbitrary<string> {
  const units = Array.from({ length: value.length }, (_, index) => value.charAt(index))
  return fc.array(fc.nat({ max: 9 }), { minLength: units.length, maxLength: units.length }).map((ways) => {
    const parts = units.map((unit, index) => {
      const plain = JSON.stringify(unit).slice(1, -1)
      return ways[index] === 0 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : plain
    })
    return `"${parts.join('')}"`
  })
}

const TEXTS = [
  '',
  'a boat',
  'back\\slash"quote',
  '\\',
  '"',
  '\\\\"',
  '"usage":{"input_tokens":9}',
  '}],{["data":',
  '🦊 图像 é',
  'line\nbreak\ttab',
  'iVBORw0KGgoAAAANSUhEUgAA+/==',
]

const string = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme', maxLength: 12 })).chain(written)
const number = fc.constantFrom('0', '-0', '1', '-1.5', '208', '1e5', '1.25E-3', '1e400', '12345678901234567890')
const scalar = fc.oneof(string, number, fc.constantFrom('true', 'false', 'null'))

/** Keys that look like those of interest stand in the wrong places too. */
const decoyKey = fc
  .constantFrom(
    'usage',
    'error',
    'data',
    'size',
    'quality',
    'b64_json',
    'url',
    'revised_prompt',
    '__proto__',
    '图',
    '',
    'k'.repeat(80),
  )
  .chain(written)

function list(element: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(space, element, space), { maxLength }), space)
    .map(([elements, inside]) =>
      elements.length === 0 ? `[${inside}]` : `[${elements.map((parts) => parts.join('')).join(',')}]`,
    )
}

function object(member: fc.Arbitrary<readonly [string, string]>, maxLength: number): fc.Arbitrary<string> {
  const spaced = fc.tuple(member, space, space, space)
  // Each name once: which of two members counts is a question of its own.
  const unique = {
    maxLength,
    selector: ([[key]]: readonly [readonly [string, string], ...unknown[]]): unknown => JSON.parse(key),
  }
  return fc.tuple(fc.uniqueArray(spaced, unique), space).map(([members, inside]) => {
    const texts = members.map(
      ([[key, value], before, around, after]) => `${before}${key}${around}:${around}${value}${after}`,
    )
    return texts.length === 0 ? `{${inside}}` : `{${texts.join(',')}}`
  })
}

const { anything } = fc.letrec<{ anything: string; nested: string }>((tie) => ({
  anything: fc.oneof({ maxDepth: 6, withCrossShrink: true }, scalar, tie('nested')),
  nested: fc.oneof(list(tie('anything'), 4), object(fc.tuple(decoyKey, tie('anything')), 4)),
}))

const image = object(
  fc.tuple(fc.constantFrom('b64_json', 'url', 'revised_prompt', 'size', 'extra').chain(writtenPlainly), anything),
  4,
)
const images = list(fc.oneof(image, image, anything), 4)
const usage = object(
  fc.tuple(
    fc.constantFrom('input_tokens', 'output_tokens', 'total_tokens', 'input_tokens_details').chain(written),
    fc.oneof(number, anything),
  ),
  4,
)
const error = fc.oneof(
  object(fc.tuple(fc.constantFrom('message', 'code', 'type', 'param').chain(written), scalar), 3),
  anything,
)
const label = fc.oneof(
  fc.constantFrom('"1024x1024"', '"auto"', '""', 'null', '5', '"low"'),
  fc.constantFrom('["low"]', '{"a":"low"}'),
)

/** Names in the top level of an image are compared, so that an escaped one of over 64 bytes would be another. */
function writtenPlainly(name: string): fc.Arbitrary<string> {
  return fc.constant(JSON.stringify(name))
}

const member = fc.oneof(
  fc.tuple(fc.constant('usage').chain(written), fc.oneof(usage, usage, anything)),
  fc.tuple(fc.constant('error').chain(written), error),
  fc.tuple(
    fc.constant('data').chain(written),
    fc.oneof(images, images, object(fc.tuple(decoyKey, fc.oneof(images, anything)), 3), anything),
  ),
  fc.tuple(fc.constantFrom('size', 'quality').chain(written), label),
  fc.tuple(fc.constantFrom('created', 'background', 'k'.repeat(70), 'Usage', '__proto__').chain(written), anything),
)

/** Any answer that is one JSON object, as text: any order, spacing, escapes and decoys. */
export const answer: fc.Arbitrary<string> = fc.tuple(space, object(member, 7), space).map((parts) => parts.join(''))

import { describe, expect, it } from 'vitest'
import { dataOf, KEY, pictureOf, read, sandbox, upload } from './calling.ts'
import { difference, look, photo } from './pixels.ts'
import type { Part } from './calling.ts'

const { url } = await sandbox()
const SQUARE = await photo(256, 256)
const JPEG = await photo(64, 64, 'jpeg')
const WIDE = await photo(96, 64)
const SIZE: Part = ['size', '256x256']
const BASE64: Part = ['response_format', 'b64_json']

describe('variations', () => {
  it('are different pictures that still show what was uploaded', async () => {
    const answer = await upload(url, 'variations', [['n', '3'], ['image', SQUARE], SIZE, BASE64])
    expect([answer.status, Object.keys(answer.body)]).toEqual([200, ['created', 'data']])
    const pictures = dataOf(answer).map((_item, index) => pictureOf(answer, index))
    expect(await Promise.all(pictures.map(look))).toEqual(Array(3).fill('png 256x256'))
    const [first = SQUARE, second = SQUARE, third = SQUARE] = pictures
    const stranger = pictureOf(await upload(url, 'variations', [['image', await photo(64, 64)], SIZE, BASE64]))
    for (const picture of pictures) expect(await difference(SQUARE, picture)).toBeGreaterThan(15)
    expect(await difference(first, second)).toBeGreaterThan(10)
    expect(await difference(second, third)).toBeGreaterThan(10)
    // The same drawing in another size varies in the same way.
    expect(await difference(first, stranger)).toBeLessThan(10)
  })

  it('come as links, in the largest size, unless asked otherwise', async () => {
    const answer = await upload(url, 'variations', [
      ['model', 'dall-e-2'],
      ['image', SQUARE],
      ['user', 'me'],
    ])
    expect(Object.keys(dataOf(answer)[0] ?? {})).toEqual(['url'])
    const file = await fetch(dataOf(answer)[0]?.['url'] ?? '')
    expect(await look(Buffer.from(await file.arrayBuffer()))).toBe('png 1024x1024')
  })

  it.each<[name: string, value: string | Buffer, status: number, code: string, param: string]>([
    ['model', 'gpt-image-2', 400, 'invalid_value', 'model'],
    ['model', 'dall-e-3', 400, 'invalid_value', 'model'],
    ['model', 'qwen-image-edit', 500, 'convert_request_failed', ''],
    ['model', 'dall-e-9', 503, 'model_not_found', ''],
    ['prompt', 'a cat', 400, 'unknown_parameter', 'prompt'],
    ['quality', 'standard', 400, 'unknown_parameter', 'quality'],
    ['size', '1792x1024', 400, 'invalid_value', 'size'],
    ['n', '11', 400, 'integer_above_max_value', 'n'],
    ['response_format', 'file', 400, 'invalid_value', 'response_format'],
    ['image', SQUARE, 400, 'array_above_max_length', 'image'],
  ])('are refused for %s=%s', async (name, value, status, code, param) => {
    const answer = await upload(url, 'variations', [
      ['image', SQUARE],
      [name, value],
    ])
    expect([answer.status, answer.error.code, answer.error.param ?? '']).toEqual([status, code, param])
  })

  it('need a picture', async () => {
    const { status, error } = await upload(url, 'variations', [['n', '1']])
    expect([status, error.code, error.param]).toEqual([400, 'missing_required_parameter', 'image'])
  })

  it.each([
    ['a jpeg', JPEG, 'must be a PNG and less than 4 MB'],
    ['a picture that is not square', WIDE, 'must be square'],
    ['a text', Buffer.from('x'), 'please check your image file'],
    ['a picture that breaks off', SQUARE.subarray(0, 300), 'please check your image file'],
  ])('are not made of %s', async (_name, picture, message) => {
    const { status, error } = await upload(url, 'variations', [['image', picture]])
    expect([status, error.code, error.message.includes(message)]).toEqual([400, 'invalid_image_file', true])
  })

  it('need a form', async () => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    const answer = await read(await fetch(`${url}/v1/images/variations`, { method: 'POST', headers, body: '{}' }))
    expect([answer.status, answer.error.code]).toEqual([400, 'bad_request_body'])
  })
})

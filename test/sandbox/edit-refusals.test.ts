import { describe, expect, it } from 'vitest'
import { connect } from 'node:net'
import { KEY, read, sandbox, upload } from './calling.ts'
import { maskFor, photo } from './pixels.ts'
import type { Answer, Part } from './calling.ts'

const { url } = await sandbox()
const SQUARE = await photo(64, 64)
const WIDE = await photo(96, 64)
const JPEG = await photo(64, 64, 'jpeg')
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const MASK = await maskFor(64, 64, { left: 0, top: 0, width: 32, height: 32 })
const NOTHING = Buffer.from('hello')
const BROKEN = SQUARE.subarray(0, 200)
const HEAVY = Buffer.concat([SQUARE, Buffer.alloc(4 * 1024 * 1024)])

/** Refused pictures: why, the model, the parts besides it and the prompt, code, a piece of the message. */
const REFUSED: readonly [why: string, model: string, parts: Part[], code: string, message: string][] = [
  ['no picture', 'gpt-image-2', [], 'missing_required_parameter', "Missing required parameter: 'image'."],
  ['17 pictures', 'gpt-image-2', images(17), 'array_above_max_length', 'length 16, but got an array with length 17'],
  ['a text', 'gpt-image-2', [['image', 'x']], 'invalid_type', 'expected a file, but got a string'],
  ['a gif', 'gpt-image-2', [['image', GIF]], 'unsupported_file_mimetype', "('image/gif')"],
  ['no image', 'gpt-image-2', [['image', NOTHING]], 'invalid_image_file', 'or mode for image 1, please check'],
  ['a broken image', 'gpt-image-2', [...images(1), ['image[]', BROKEN]], 'invalid_image_file', 'mode for image 2, '],
  ['a jpeg mask', 'gpt-image-2', [...images(1), ['mask', JPEG]], 'invalid_mask_image_format', 'PNG'],
  ['a broken mask', 'gpt-image-2', [...images(1), ['mask', NOTHING]], 'invalid_mask_image_format', 'PNG'],
  ['an opaque mask', 'gpt-image-2', [...images(1), ['mask', SQUARE]], 'invalid_mask_image_format', 'alpha channel'],
  [
    'a mask too small',
    'gpt-image-2',
    [
      ['image', WIDE],
      ['mask', MASK],
    ],
    'invalid_mask_image_format',
    'size',
  ],
  ['a jpeg', 'dall-e-2', [['image', JPEG]], 'invalid_image_file', 'must be a PNG and less than 4 MB'],
  ['4 MB', 'dall-e-2', [['image', HEAVY]], 'invalid_image_file', 'must be a PNG and less than 4 MB'],
  ['no square', 'dall-e-2', [['image', WIDE]], 'invalid_image_file', 'must be square'],
  ['two pictures', 'dall-e-2', images(2), 'array_above_max_length', 'maximum length 1, but got an array with length 2'],
]

/** Refused fields: the model, the field and its value, code, a piece of the message. */
const REFUSED_FIELDS: readonly [model: string, name: string, value: string, code: string, message: string][] = [
  ['gpt-image-2', 'input_fidelity', 'high', 'invalid_input_fidelity_model', "'gpt-image-2' does not support"],
  ['gpt-image-1-mini', 'input_fidelity', 'high', 'invalid_input_fidelity_model', "'gpt-image-1-mini' does not"],
  ['gpt-image-1', 'input_fidelity', 'max', 'invalid_value', "'high' and 'low'"],
  ['gpt-image-2', 'response_format', 'url', 'unknown_parameter', "Unknown parameter: 'response_format'."],
  ['gpt-image-2', 'moderation', 'none', 'invalid_value', "'low' and 'auto'"],
  ['gpt-image-2.6-flare', 'frame_count', '4', 'unsupported_parameter', 'not supported with png output'],
  ['gpt-image-2', 'seed', '1', 'unknown_parameter', "Unknown parameter: 'seed'."],
  ['gpt-image-2', 'n', 'two', 'invalid_type', 'expected an integer, but got a string'],
  ['gpt-image-2', 'n', '11', 'integer_above_max_value', 'Expected a value <= 10, but got 11'],
  ['gpt-image-2', 'size', '100x100', 'invalid_value', 'divisible by 16'],
  ['gpt-image-2', 'stream', 'yes', 'invalid_type', 'expected a boolean'],
  ['gpt-image-1', 'size', '256x256', 'invalid_value', "'1536x1024', and 'auto'"],
  ['dall-e-2', 'size', 'auto', 'invalid_value', "'256x256', '512x512', and '1024x1024'"],
  ['dall-e-2', 'stream', 'true', 'unsupported_value', 'Streaming is not supported'],
  ['dall-e-2', 'output_format', 'png', 'unknown_parameter', "Unknown parameter: 'output_format'."],
  ['qwen-image-edit', 'n', '2', 'invalid_value', 'does not support n > 1'],
]

describe('an edit', () => {
  it.each(REFUSED)('is refused for %s (%s)', async (_why, model, parts, code, message) => {
    const { status, error } = await upload(url, 'edits', [['prompt', 'x'], ['model', model], ...parts])
    expect([status, error.code]).toEqual([400, code])
    expect(error.message).toContain(message)
  })

  it.each(REFUSED_FIELDS)('by %s is refused for %s=%s', async (model, name, value, code, message) => {
    const parts: Part[] = [['prompt', 'x'], ['model', model], ...images(1), [name, value]]
    const { status, error } = await upload(url, 'edits', parts)
    expect([status, error.code, error.param]).toEqual([400, code, name])
    expect(error.message).toContain(message)
  })

  it('is refused for png with a compression', async () => {
    const { status, error } = await upload(url, 'edits', [['prompt', 'x'], ...images(1), ['output_compression', '50']])
    expect([status, error.code]).toEqual([400, 'invalid_png_output_compression'])
  })

  it.each<[string, number, string]>([
    ['qwen-image', 500, 'convert_request_failed'],
    ['doubao-seedream-4-5-251128', 500, 'convert_request_failed'],
    ['gemini-3-pro-image', 500, 'convert_request_failed'],
    ['gpt-imgae-2', 503, 'model_not_found'],
    ['dall-e-3', 400, 'invalid_value'],
  ])('is not for %s', async (model, status, code) => {
    const answer = await upload(url, 'edits', [
      ['prompt', 'x'],
      ['model', model],
      ['image', SQUARE],
    ])
    expect([answer.status, answer.error.code]).toEqual([status, code])
  })

  it('needs a prompt, of at most 1000 characters for dall-e-2, and that is looked at first', async () => {
    const without = await upload(url, 'edits', [
      ['model', 'gpt-image-2'],
      ['image', Buffer.from('x')],
    ])
    expect([without.status, without.error.code]).toEqual([500, 'invalid_request'])
    const long = await upload(url, 'edits', [
      ['model', 'dall-e-2'],
      ['prompt', 'x'.repeat(1001)],
      ['n', '99'],
    ])
    expect([long.status, long.error.code, long.error.param]).toEqual([400, 'string_above_max_length', 'prompt'])
  })

  it('with the word "forbidden" is blocked', async () => {
    const { status, error } = await upload(url, 'edits', [
      ['prompt', 'a forbidden thing'],
      ['image', SQUARE],
    ])
    expect([status, error.code]).toEqual([400, 'moderation_blocked'])
  })

  it.each<[string, string, string]>([
    ['text/plain', 'hello', 'bad_request_body'],
    ['application/json', '[]', 'bad_request_body'],
    ['multipart/form-data', 'no boundary', 'bad_request_body'],
    ['multipart/form-data; boundary=x', '--x\r\nbroken', 'bad_request_body'],
  ])('that is no form gets 400: %s', async (contentType, body, code) => {
    const answer = await post(contentType, body)
    expect([answer.status, answer.error.code]).toEqual([400, code])
  })

  it('announced as more than 700 MiB gets 413 at once', async () => {
    const head = `POST /v1/images/edits HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 734003201\r\n\r\n`
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${head}x`))
      socket.once('data', (data) => {
        resolve(data.toString().slice(9, 12))
        socket.destroy()
      })
      socket.once('error', reject)
    })
    expect(status).toBe('413')
  })
})

async function post(contentType: string, body: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': contentType }
  return read(await fetch(`${url}/v1/images/edits`, { method: 'POST', headers, body }))
}

function images(count: number): Part[] {
  return Array.from({ length: count }, (): Part => ['image[]', SQUARE])
}

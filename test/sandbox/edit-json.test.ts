import { describe, expect, it } from 'vitest'
import { KEY, pictureOf, read, sandbox, upload } from './calling.ts'
import { maskFor, photo } from './pixels.ts'
import type { Answer } from './calling.ts'

const { url } = await sandbox()
const SQUARE = await photo(64, 64)
const DATA_URL = `data:image/png;base64,${SQUARE.toString('base64')}`

/** Refused JSON bodies: code, param, fields besides the prompt. */
const REFUSED_JSON: readonly [code: string, param: string, body: object][] = [
  ['missing_required_parameter', 'images', {}],
  ['missing_required_parameter', 'images', { images: [] }],
  ['invalid_type', 'images', { images: DATA_URL }],
  ['invalid_type', 'images[0]', { images: [DATA_URL] }],
  ['invalid_value', 'images[0]', { images: [{}] }],
  ['invalid_value', 'images[1]', { images: [{ image_url: DATA_URL }, { image_url: DATA_URL, file_id: 'file-1' }] }],
  ['invalid_value', 'images[0].file_id', { images: [{ file_id: 'file-1' }] }],
  ['invalid_image_url', 'images[0].image_url', { images: [{ image_url: 'https://example.com/a.png' }] }],
  ['invalid_type', 'images[0].image_url', { images: [{ image_url: 5 }] }],
  ['invalid_image_file', '', { images: [{ image_url: 'data:image/png;base64,AAAA' }] }],
  ['invalid_type', 'mask', { images: [{ image_url: DATA_URL }], mask: DATA_URL }],
  ['invalid_mask_image_format', '', { images: [{ image_url: DATA_URL }], mask: { image_url: DATA_URL } }],
  ['array_above_max_length', 'images', { images: Array.from({ length: 17 }, () => ({ image_url: DATA_URL })) }],
  ['unknown_parameter', 'style', { images: [{ image_url: DATA_URL }], style: 'vivid' }],
  ['invalid_value', 'model', { images: [{ image_url: DATA_URL }], model: 'dall-e-2' }],
  ['invalid_type', 'n', { images: [{ image_url: DATA_URL }], n: '1' }],
]

describe('an edit in JSON', () => {
  it('does the same as a form', async () => {
    const [wide, mask] = [
      await photo(1024, 640),
      await maskFor(1024, 640, { left: 9, top: 9, width: 400, height: 400 }),
    ]
    const order = { model: 'gpt-image-2', prompt: 'a sailing boat at dawn' }
    const answer = await edit({
      ...order,
      images: [{ image_url: `data:image/png;base64,${wide.toString('base64')}` }],
      mask: { image_url: `data:image/png;base64,${mask.toString('base64')}` },
      moderation: 'low',
    })
    const formed = await upload(url, 'edits', [...Object.entries(order), ['image', wide], ['mask', mask]])
    expect(answer.status).toBe(200)
    expect(pictureOf(answer).equals(pictureOf(formed))).toBe(true)
  })

  it.each(REFUSED_JSON)('gets %s for %s', async (code, param, body) => {
    const { status, error } = await edit({ prompt: 'x', ...body })
    expect([status, error.code, error.param]).toEqual([400, code, param])
  })
})

async function edit(body: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  return read(await fetch(`${url}/v1/images/edits`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

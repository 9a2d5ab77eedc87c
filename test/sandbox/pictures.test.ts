import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { drawPicture } from '../../sandbox/painter/picture.ts'
import { drawScene } from '../../sandbox/painter/scene.ts'
import { MOTIFS } from '../../sandbox/painter/motifs/catalogue.ts'
import { PALETTES } from '../../sandbox/painter/scenery/palettes.ts'
import { generate, pictureOf, sandbox } from './calling.ts'
import type { PictureOrder } from '../../sandbox/painter/picture.ts'

const { url } = await sandbox()

const ORDER: PictureOrder = {
  prompt: 'A paper boat floating on calm water at sunrise.',
  index: 0,
  width: 512,
  height: 512,
  transparent: false,
  format: 'png',
  quality: 100,
}

const draw = (changes: Partial<PictureOrder> = {}): Promise<Buffer> => drawPicture({ ...ORDER, ...changes })

describe('a picture', () => {
  it.each([
    ['gpt-image-2', '1024x1024', 'png'],
    ['gpt-image-2', '1536x1024', 'jpeg'],
    ['gpt-image-2', '1280x720', 'webp'],
    ['gpt-image-2.5-flare', '1024x2048', 'png'],
    ['gpt-image-2', '3840x2160', 'jpeg'],
    ['gpt-image-1', '1024x1536', 'webp'],
    ['gpt-image-2.6-flare', '512x512', 'gif'],
    ['gpt-image-2.6-sunburst', '1024x1024', 'svg'],
  ])('of %s has the size %s and the format %s that was asked for', async (model, size, format) => {
    const answer = await generate(url, { model, prompt: 'A cat on a hill', size, output_format: format })
    const found = await sharp(pictureOf(answer)).metadata()
    expect(`${found.width}x${found.height}`).toBe(size)
    expect(found.format).toBe(format)
    expect(answer.body).toMatchObject({ size, output_format: format })
  })

  it.each([
    [undefined, undefined, 9, 200],
    [4, 123, 4, 120],
  ])('of %j frames for %j ms moves for as long as that', async (frame_count, frame_duration_ms, pages, delay) => {
    const order = { model: 'gpt-image-2.6-flare', prompt: 'A cat on a hill', size: '256x256', output_format: 'gif' }
    const answer = await generate(url, { ...order, frame_count, frame_duration_ms })
    const found = await sharp(pictureOf(answer), { animated: true }).metadata()
    expect(found).toMatchObject({ format: 'gif', pages, pageHeight: 256, width: 256, loop: 0 })
    expect(found.delay).toEqual(Array(pages).fill(delay))
    const [first, second] = await Promise.all([0, 1].map((page) => sharp(pictureOf(answer), { page }).raw().toBuffer()))
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(false)
  })

  it('that is drawn tells the tokens of its author beside the others', async () => {
    const order = { model: 'gpt-image-2.6-flare', prompt: 'A cat', output_format: 'svg' }
    const { body } = await generate(url, { ...order, svg: { model: 'gpt-5.5-mini', reasoning: { effort: 'low' } } })
    expect(body).toMatchObject({
      usage: { output_tokens: expect.any(Number) as number },
      svg_usage: { model: 'gpt-5.5-mini', output_tokens: 1437, reasoning_tokens: 994 },
    })
    expect((await generate(url, { ...order, output_format: 'png' })).body).not.toHaveProperty('svg_usage')
  })

  it.each(['png', 'webp'])('has a transparent background in %s when asked', async (format) => {
    const body = {
      model: 'gpt-image-1',
      prompt: 'a cat',
      background: 'transparent',
      output_format: format,
      size: '1024x1024',
    }
    const answer = await generate(url, body)
    const { data, info } = await sharp(pictureOf(answer)).raw().toBuffer({ resolveWithObject: true })
    expect(info.channels).toBe(4)
    expect(data[3]).toBe(0)
    expect(data[(512 * 1024 + 512) * 4 + 3]).toBe(255)
    expect(answer.body['background']).toBe('transparent')
  })

  it('is opaque up to the corners otherwise', async () => {
    const opaque = await sharp(await draw()).stats()
    expect(opaque.isOpaque).toBe(true)
  })

  it('is smaller when compressed more', async () => {
    const sizeAt = async (level: number): Promise<number> => {
      const body = { model: 'gpt-image-2', prompt: 'a cat', output_format: 'jpeg', output_compression: level }
      return pictureOf(await generate(url, body)).length
    }
    expect(await sizeAt(20)).toBeLessThan((await sizeAt(100)) / 2)
  })

  it('can be compressed to 0', async () => {
    expect((await sharp(await draw({ format: 'webp', quality: 0 })).metadata()).format).toBe('webp')
  })

  it('is the same for the same prompt and different for another prompt or index', async () => {
    const first = await draw()
    expect((await draw()).equals(first)).toBe(true)
    expect((await draw({ prompt: 'A cat.' })).equals(first)).toBe(false)
    expect((await draw({ index: 1 })).equals(first)).toBe(false)
  })
})

function scene(prompt: string, transparent = false): string {
  return drawScene({ prompt, index: 0, width: 1024, height: 1024, transparent })
}

describe('a scene', () => {
  it.each(MOTIFS.map(({ name, words }) => [name, words[0] ?? name]))(
    'draws a %s without a number gone wrong',
    (_name, word) => {
      for (const drawn of [scene(`a ${word}`), scene(`a ${word}`, true)])
        expect(drawn).not.toMatch(/NaN|undefined|Infinity/)
    },
  )

  it.each(PALETTES.map(({ name, words }) => [name, words[0] ?? name]))('in the light of %s is whole', (_name, word) => {
    expect(scene(`hills and a city by the sea, ${word}`)).not.toMatch(/NaN|undefined|Infinity/)
  })

  it.each(['quarterly', 'growth', 'harmony', 'xyz', '🦜', '一'])(
    'is abstract when the prompt names nothing (%s)',
    (prompt) => {
      expect(scene(prompt)).not.toMatch(/NaN|undefined|Infinity/)
      expect(scene(prompt, true)).toContain('clipPath')
    },
  )

  it.each([
    ['一只猫', 'a cat'],
    ['three kittens', 'a cat'],
    ['foxes', 'a fox'],
  ])('finds the same subject in "%s" as in "%s"', (prompt, plain) => {
    const paths = (text: string): string[] => scene(text, true).match(/ d="[^"]+"/g) ?? []
    expect(paths(prompt)).toEqual(paths(plain))
  })

  it('contains no text, since a container has no fonts', () => {
    expect(scene('a <text>hello</text> robot')).not.toContain('<text')
  })
})

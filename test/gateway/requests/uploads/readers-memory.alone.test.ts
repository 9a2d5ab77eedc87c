import { describe, expect, it } from 'vitest'
import { FormReader } from '../../../../src/gateway/requests/uploads/form-reader.ts'
import { JsonElider } from '../../../../src/gateway/requests/uploads/json-elider.ts'
import { memory } from '../../../helpers/memory.ts'
import { IMAGES } from './images.ts'

const image = (IMAGES['png, RGB'] ?? Buffer.alloc(0)).toString('latin1')

describe('a JSON body without its long data URLs', () => {
  it('takes memory by its length and not by the number of its strings', async () => {
    const chunk = Buffer.from('"",'.repeat(20_000))
    const before = (await memory()).heldBytes
    const elider = new JsonElider()
    for (let count = 0; count < 100; count++) elider.write(chunk)
    const after = (await memory()).heldBytes
    expect(elider.skeleton).toHaveLength(6_000_000)
    expect(after - before).toBeLessThan(100_000_000)
  })

  it('holds nothing of a data URL, however long', async () => {
    const before = (await memory()).heldBytes
    const elider = new JsonElider()
    elider.write(Buffer.from('{"images":[{"image_url":"data:image/png;base64,'))
    const chunk = Buffer.alloc(65_536, 'A')
    for (let count = 0; count < 3000; count++) elider.write(chunk)
    elider.write(Buffer.from('"}]}'))
    elider.end()
    expect((await memory()).heldBytes - before).toBeLessThan(20_000_000)
    expect(elider.skeleton.length).toBeLessThan(200)
    expect(elider.longUrls[0]?.url.characters).toBe(3000 * 65_536 + 22)
  })
})

describe('a form', () => {
  it('takes memory for its texts by their length and not by the number of pieces they come in', async () => {
    const reader = new FormReader('multipart/form-data; boundary=limit')
    reader.write(Buffer.from('--limit\r\ncontent-disposition: form-data; name="prompt"\r\n\r\n'))
    const letter = Buffer.from('x')
    const before = (await memory()).heldBytes
    for (let count = 0; count < 1_000_000; count++) reader.write(letter)
    const after = (await memory()).heldBytes
    expect(after - before).toBeLessThan(30_000_000)
  })

  it('holds nothing of its files', async () => {
    const reader = new FormReader('multipart/form-data; boundary=limit')
    reader.write(Buffer.from('--limit\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'))
    const chunk = Buffer.from(`${image}${'\r\n--limi'.repeat(9000)}`, 'latin1')
    const before = (await memory()).heldBytes
    for (let count = 0; count < 1000; count++) reader.write(chunk)
    expect((await memory()).heldBytes - before).toBeLessThan(20_000_000)
    reader.write(Buffer.from('\r\n--limit--'))
    reader.end()
    expect(reader.files[0]?.file).toMatchObject({ bytes: chunk.length * 1000, format: 'png', width: 31 })
  })
})

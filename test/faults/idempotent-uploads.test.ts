import { expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { editOrder } from './forms.ts'
import { inWorld, openSpoolFiles } from './world.ts'

it('uploads with one Idempotency-Key at once are bought once, and none leaves a file open', async () => {
  await inWorld({ environment: { DATABASE: 'true' } }, async (world) => {
    const upload = await editOrder({ imageBytes: 600_000 })
    world.upstream.before.close()
    const sent = Array.from({ length: 6 }, () => world.send(upload, { idempotencyKey: 'k' }))
    await eventually('the order arrives upstream', () => world.upstream.arrivals === 1)
    await eventually('only the one that was sent has its upload', () => openSpoolFiles(world.dataDir) <= 1)
    world.upstream.before.open()
    for (const { got } of sent) expect((await got).status).toBe(200)
    expect(world.upstream.arrivals).toBe(1)
    await eventually('no upload is open', () => openSpoolFiles(world.dataDir) === 0)
  })
})

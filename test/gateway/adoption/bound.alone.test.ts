import { afterAll, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { memory } from '../../helpers/memory.ts'
import { turns } from '../../helpers/time/turns.ts'
import { AdoptionScene, clientConnection } from './scene.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)

const MAX = 500

describe('the generations that are remembered', () => {
  it('take no more memory however many there are, also where every client closes its connection', async () => {
    const scene = new AdoptionScene(path, { maxRemembered: MAX })
    const orderMany = async (from: number, count: number): Promise<void> => {
      for (let index = from; index < from + count; index++) {
        scene.delivered(clientConnection(true), { body: `boat ${index}` })
        if (index % 50 === 0) await turns(1)
      }
    }
    await orderMany(0, 2 * MAX)
    const before = await memory()
    await orderMany(2 * MAX, 6 * MAX)
    expect((await memory()).heldBytes - before.heldBytes).toBeLessThan(2_000_000)
    scene.adoptions.close()
  })

  it('are the newest; the oldest that somebody waits for stay', async () => {
    const scene = new AdoptionScene(path, { maxRemembered: 3 })
    const running = scene.start({ body: 'running' })
    const bodies = ['first', 'second', 'third', 'fourth']
    const left = bodies.map((body) => scene.left({ body }))
    const found = []
    for (const body of ['running', ...bodies]) found.push(await scene.find({ body, retryCount: 1 }))
    expect(found).toEqual([running.generation, undefined, undefined, left[2]?.generation, left[3]?.generation])
    scene.adoptions.close()
  })
})

import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { image } from '../generation/pretended-upstream.ts'
import { AdoptionScene, clientConnection, identity, TTL_MS } from './scene.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)

let scene: AdoptionScene
beforeEach(() => void (scene = new AdoptionScene(path)))

describe('a retry', () => {
  it('is given the generation whose client left, under way or over, until its time is up', async () => {
    const underWay = scene.start()
    scene.leaves(underWay)
    expect(await scene.find({ retryCount: 1 })).toBe(underWay.generation)
    underWay.upstream.last.begins().sends(image()).ends()
    expect(await scene.find({ retryCount: 1 })).toBe(underWay.generation)
    await scene.clock.advance(TTL_MS)
    expect(await scene.find({ retryCount: 1 })).toBeUndefined()
  })

  it.each([
    ['another caller', { caller: 'bob', retryCount: 1 }],
    ['another body', { body: 'a ship', retryCount: 1 }],
  ])('of %s is a new order', async (_what, attempt) => {
    scene.left()
    expect(await scene.find(attempt)).toBeUndefined()
  })

  it('waits a quarter of a second for its predecessor to be seen leaving, and then shares its answer', async () => {
    const { generation } = scene.start()
    const finding = scene.adoptions.find(identity({ retryCount: 1 }))
    await scene.clock.advance(240)
    await scene.clock.advance(20)
    expect((await finding)?.generation).toBe(generation)
  })

  it('is a new order where its predecessor is seen to have read its answer while the retry waited', async () => {
    const { generation, adoptable, upstream } = scene.start()
    const finding = scene.adoptions.find(identity({ retryCount: 1 }))
    await scene.clock.advance(50)
    upstream.last.begins().sends(image()).ends()
    generation.live.stop()
    const socket = clientConnection()
    scene.adoptions.lastClientLeft(adoptable, socket)
    scene.adoptions.connectionReused(socket)
    await scene.clock.advance(300)
    expect(await finding).toBeUndefined()
  })

  it('belongs to the attempt before it rather than to an older one', async () => {
    const first = scene.left({ retryCount: 0 })
    const second = scene.left({ retryCount: 1 })
    expect(await scene.find({ retryCount: 2 })).toBe(second.generation)
    expect(await scene.find({ retryCount: 1 })).toBe(first.generation)
  })

  it('is told where the answer was bought and is not kept any more; an order placed anew starts afresh', async () => {
    const { generation } = scene.left()
    generation.kept?.discard()
    const told = { code: 'answer_not_kept', details: { headers: { 'x-gateway-generation': generation.id } } }
    await expect(scene.adoptions.find(identity({ retryCount: 1 }))).rejects.toMatchObject(told)
    await expect(scene.adoptions.find(identity({ retryCount: 2 }))).rejects.toMatchObject(told)
    const anew = scene.start()
    expect(await scene.find({ retryCount: 1 })).toBe(anew.generation)
  })
})

describe('an answer that was written', () => {
  it('belongs to its client while the connection is open, and is let go of after two seconds', async () => {
    const { generation } = scene.delivered(clientConnection())
    expect(await scene.find({ retryCount: 1 })).toBeUndefined()
    await scene.clock.advance(3000)
    expect(generation.kept?.isWhole).toBe(false)
  })

  it.each([
    ['closed at once', 0, true],
    ['closed before two seconds are over', 1900, true],
    ['closed later', 3100, false],
  ])('and whose connection is %s: %d ms, is there for a retry: %s', async (_what, afterMs, isThere) => {
    const socket = clientConnection()
    const { generation } = scene.delivered(socket)
    await scene.clock.advance(afterMs)
    scene.adoptions.connectionClosed(socket)
    expect(await scene.find({ retryCount: 1 })).toBe(isThere ? generation : undefined)
  })

  it('was read where another request comes on its connection', async () => {
    const socket = clientConnection()
    const { generation } = scene.delivered(socket)
    scene.adoptions.connectionReused(socket)
    scene.adoptions.connectionClosed(socket)
    expect(await scene.find({ retryCount: 1 })).toBeUndefined()
    expect(generation.kept?.isWhole).toBe(false)
  })

  it('with an Idempotency-Key is there for its time', async () => {
    const { generation } = scene.delivered(clientConnection(), { idempotencyKey: 'k' })
    await scene.clock.advance(TTL_MS - 1000)
    expect(await scene.find({ idempotencyKey: 'k' })).toBe(generation)
    await scene.clock.advance(TTL_MS)
    expect(await scene.find({ idempotencyKey: 'k' })).toBeUndefined()
  })
})

describe('an Idempotency-Key', () => {
  it("is its caller's own, and good for one request", async () => {
    const { generation } = scene.start({ idempotencyKey: 'k' })
    expect(await scene.find({ idempotencyKey: 'k' })).toBe(generation)
    expect(await scene.find({ idempotencyKey: 'k', caller: 'bob' })).toBeUndefined()
    expect(() => scene.adoptions.twinOf(identity({ idempotencyKey: 'k', body: 'a ship' }))).toThrow(
      'This Idempotency-Key was used for another request. Use a new key for a new request.',
    )
  })
})

describe('a failure', () => {
  it('in which nothing can have been done is forgotten', async () => {
    const { generation, upstream } = scene.start()
    generation.live.stop()
    upstream.last.begins(400).sends('{"error":{"message":"no","code":"moderation_blocked"}}').ends()
    expect(await scene.find({ retryCount: 1 })).toBeUndefined()
  })

  it('that may have been billed is repeated for 15 seconds, to every equal order that does not say it wants another', async () => {
    const { generation, adoptable, upstream } = scene.start()
    upstream.last.breaks()
    generation.live.stop()
    scene.adoptions.lastClientLeft(adoptable, clientConnection())
    expect(await scene.find({})).toBe(generation)
    expect(await scene.find({ retryCount: 1 })).toBe(generation)
    expect(await scene.find({ idempotencyKey: 'another' })).toBeUndefined()
    expect(await scene.find({ declinesAdoption: true })).toBeUndefined()
    expect(await scene.find({ caller: 'bob' })).toBeUndefined()
    await scene.clock.advance(15_000)
    expect(await scene.find({})).toBeUndefined()
  })

  it('that nobody was told of is told to the next equal order within 15 seconds, and later to its retries only', async () => {
    const started = scene.start()
    scene.leaves(started)
    started.upstream.last.breaks()
    expect(await scene.find({})).toBe(started.generation)
    await scene.clock.advance(15_000)
    expect(await scene.find({})).toBeUndefined()
    expect(await scene.find({ retryCount: 1 })).toBe(started.generation)
  })
})

describe('an equal order without any mark', () => {
  it('is given what nobody got, under way or over, the oldest first', async () => {
    const first = scene.start()
    scene.leaves(first)
    const second = scene.left()
    expect(await scene.find({})).toBe(first.generation)
    scene.adoptions.given(first.adoptable, identity({}))
    expect(await scene.find({})).toBe(second.generation)
    scene.adoptions.given(second.adoptable, identity({}))
    expect(await scene.find({})).toBeUndefined()
  })

  it('is a new order while the client of the other one is there, or has its answer, or may have read it', async () => {
    scene.start()
    scene.delivered(clientConnection())
    scene.delivered(clientConnection(true))
    expect(await scene.find({})).toBeUndefined()
  })

  it('is a new order where what nobody got is not kept any more, or where it declines to adopt', async () => {
    const { generation } = scene.left()
    expect(await scene.find({ declinesAdoption: true })).toBeUndefined()
    generation.kept?.discard()
    expect(await scene.find({})).toBeUndefined()
  })

  it('is given it again where the client that took it over has left too', async () => {
    const { generation, adoptable } = scene.left()
    scene.adoptions.given(adoptable, identity({}))
    const replay = generation.replay()
    expect(await scene.find({})).toBeUndefined()
    replay.stop()
    scene.adoptions.lastClientLeft(adoptable, undefined)
    expect(await scene.find({})).toBe(generation)
  })
})

describe('when nothing is to be kept', () => {
  it('nothing can be taken over', async () => {
    const { adoptions } = new AdoptionScene(path, { ttlMs: 0 })
    expect(adoptions.createKept()).toBeUndefined()
    expect(await adoptions.find(identity({ retryCount: 1, idempotencyKey: 'k' }))).toBeUndefined()
  })
})

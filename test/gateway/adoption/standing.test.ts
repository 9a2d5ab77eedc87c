import { afterAll, describe, expect, it } from 'vitest'
import { PREFERENCE, preferenceOf, standingOf } from '../../../src/gateway/adoption/standing.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { AdoptionScene, clientConnection } from './scene.ts'
import type { Standing } from '../../../src/gateway/adoption/standing.ts'
import type { StartedOrder } from './scene.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)
const scene = new AdoptionScene(path)

/** Every standing, and how a generation gets there. */
const WAYS: Readonly<Record<Standing, () => StartedOrder>> = {
  running: () => scene.start(),
  left: () => scene.left(),
  unread: () => scene.delivered(clientConnection(true)),
  delivered: () => scene.delivered(clientConnection()),
  failed: () => {
    const started = scene.start()
    started.generation.live.stop()
    started.upstream.last.breaks()
    return started
  },
  failureTold: () => {
    const started = scene.start()
    started.upstream.last.breaks()
    started.generation.live.stop()
    scene.adoptions.lastClientLeft(started.adoptable, clientConnection())
    return started
  },
  lost: () => {
    const started = scene.left()
    started.generation.kept?.discard()
    return started
  },
}
const STANDINGS = Object.keys(WAYS) as Standing[]

describe('the standing of a generation', () => {
  it.each(STANDINGS)('is %s', (standing) => {
    expect(standingOf(WAYS[standing]().adoptable)).toBe(standing)
  })

  it('is running again for the client that was given it', () => {
    const { adoptable, generation } = scene.left()
    generation.replay()
    expect(standingOf(adoptable)).toBe('running')
  })

  it('stays running while one of two clients is there', () => {
    const { adoptable, generation } = scene.start()
    const second = generation.replay()
    generation.live.stop()
    expect(standingOf(adoptable)).toBe('running')
    second.stop()
    expect(standingOf(adoptable)).toBe('left')
  })
})

describe('the order of preference', () => {
  it('names every standing, each row with its reason', () => {
    expect(new Set(PREFERENCE.map(({ standing }) => standing))).toEqual(new Set(STANDINGS))
    for (const { because } of PREFERENCE) expect(because).toMatch(/^[A-Z].*\.$/)
  })

  it('is: left, unread, running, failed, lost, failureTold, delivered', () => {
    const order = STANDINGS.toSorted(
      (a, b) => preferenceOf(WAYS[a]().adoptable, 1) - preferenceOf(WAYS[b]().adoptable, 1),
    )
    expect(order).toEqual(['left', 'unread', 'running', 'failed', 'lost', 'failureTold', 'delivered'])
  })

  it('takes an answer that was left before, whatever came in between; one that is being read only from the attempt before', () => {
    const none = PREFERENCE.length
    expect(preferenceOf(WAYS.left().adoptable, 3)).toBeLessThan(none)
    expect(preferenceOf(WAYS.running().adoptable, 3)).toBe(none)
    expect(preferenceOf(WAYS.delivered().adoptable, 3)).toBe(none)
    expect(preferenceOf(WAYS.left().adoptable, 1)).toBeLessThan(preferenceOf(WAYS.left().adoptable, 2))
  })

  it('never takes a later attempt for an earlier one', () => {
    expect(preferenceOf(scene.left({ retryCount: 2 }).adoptable, 2)).toBe(PREFERENCE.length)
  })
})

import { afterAll, describe, expect, it } from 'vitest'
import type { GatewayError } from '../../../src/errors/gateway-error.ts'
import { Generation } from '../../../src/gateway/generation/generation.ts'
import { KeptAnswers } from '../../../src/gateway/generation/kept-answers.ts'
import { SpoolDirectory } from '../../../src/spool/spool-file.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { ManualClock, settled } from '../../helpers/time/manual-clock.ts'
import { free } from '../../helpers/store/settlements.ts'
import { CollectingSink } from './collecting-sink.ts'
import { image, PretendedUpstream } from './pretended-upstream.ts'
import type { GenerationOptions } from '../../../src/gateway/generation/generation.ts'
import type { UpstreamOutcome } from '../../../src/gateway/generation/settlement.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)

class Scene {
  readonly clock = new ManualClock()
  readonly upstream = new PretendedUpstream()
  readonly outcomes: UpstreamOutcome[] = []
  readonly retries: string[] = []
  readonly generation: Generation
  readonly sink = new CollectingSink()

  constructor(options: Partial<GenerationOptions> = {}) {
    const kept = new KeptAnswers({ directory: new SpoolDirectory(path), maxDiskBytes: 1e9 })
    this.generation = new Generation(
      {
        id: 'gen_1',
        modelName: 'gpt-image-2',
        timeoutMs: 60_000,
        maxRetries: 2,
        clientRetries: false,
        redact: (text) => text,
        clock: this.clock,
        events: undefined,
        kept: kept.create(),
        running: () => 1,
        ...options,
      },
      {
        send: (receiver) => this.upstream.send(receiver),
        accepted: () => {},
        retrying: ({ code }) => this.retries.push(code),
        settle: (_generation, outcome) => {
          this.outcomes.push(outcome)
          return free()
        },
      },
    )
    this.generation.start()
  }

  /** The error that its client is told; undefined where it is told that images come. */
  async told(): Promise<GatewayError | undefined> {
    return this.generation.answered.then(
      () => undefined,
      (error: unknown) => error as GatewayError,
    )
  }
}

describe('a generation', () => {
  it('is held, sent, answered and settled, in this order and once', async () => {
    const { generation, upstream, outcomes } = new Scene()
    const states = [generation.state]
    upstream.last.connects()
    states.push(generation.state)
    upstream.last.begins()
    states.push(generation.state)
    upstream.last.sends(image()).ends()
    states.push(generation.state)
    expect(states).toEqual(['held', 'sent', 'answered', 'settled'])
    upstream.last.ends().breaks()
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ isAccepted: true, failure: undefined, facts: { images: 1 } })
  })

  it('gives a small answer whole, and only once', async () => {
    const { generation, upstream } = new Scene()
    expect(generation.live.takeWhole()).toBeUndefined()
    upstream.last.answers(image())
    expect(generation.live.takeWhole()?.toString()).toBe(image())
    expect(generation.live.takeWhole()?.toString()).toBe('')
  })

  it('leaves no timer behind when it has settled', () => {
    const { clock, upstream } = new Scene()
    expect(clock.timers).toBe(1)
    upstream.last.answers(image())
    expect(clock.timers).toBe(0)
  })

  it('is given up after its time: with images under way the client is cut, before that it is told', async () => {
    const waiting = new Scene()
    waiting.upstream.last.connects()
    await waiting.clock.advance(60_000)
    expect(await waiting.told()).toMatchObject({ code: 'upstream_timeout' })
    expect(waiting.upstream.last.abortedWith).toBeDefined()

    const flowing = new Scene()
    flowing.upstream.last.connects().begins().sends(image(200_000).slice(0, 100_000))
    expect(await flowing.told()).toBeUndefined()
    flowing.generation.live.flowInto(flowing.sink)
    await flowing.clock.advance(60_000)
    expect(flowing.sink.ending).toBe('cut')
    expect(flowing.outcomes).toMatchObject([{ isAccepted: true, failure: { code: 'upstream_timeout' } }])
  })
})

describe('an order that cannot have been carried out', () => {
  const overloaded = JSON.stringify({ error: { message: 'busy', code: 'rate_limit' } })

  it('is sent again after a wait, and answered', async () => {
    const { generation, upstream, retries, clock } = new Scene()
    upstream.last.breaks(new Error('no connection'))
    expect([generation.state, upstream.calls.length, retries]).toEqual(['held', 1, ['upstream_unreachable']])
    await clock.advance(250)
    expect([upstream.calls.length, generation.attempts]).toEqual([2, 2])
    upstream.last.answers(image())
    expect(generation.state).toBe('settled')
  })

  it('is left to a client that sends again by itself, unless there was no connection', async () => {
    const refused = new Scene({ clientRetries: true })
    refused.upstream.last.answers(overloaded, 429)
    expect(await refused.told()).toMatchObject({ code: 'rate_limit_exceeded' })
    const unreachable = new Scene({ clientRetries: true })
    unreachable.upstream.last.breaks()
    await unreachable.clock.advance(250)
    expect(unreachable.upstream.calls).toHaveLength(2)
  })

  it('is sent as often as allowed, then its client is told', async () => {
    const scene = new Scene({ maxRetries: 2 })
    for (let attempt = 0; attempt < 3; attempt++) {
      scene.upstream.last.answers(overloaded, 429)
      await scene.clock.advance(5000)
    }
    expect(scene.upstream.calls).toHaveLength(3)
    expect(await scene.told()).toMatchObject({ code: 'rate_limit_exceeded' })
    expect(scene.outcomes).toHaveLength(1)
  })

  it('is not sent again where its bytes may have left, nor after images came, nor for nobody', async () => {
    const sent = new Scene()
    sent.upstream.last.connects().breaks()
    expect(await sent.told()).toMatchObject({ code: 'upstream_failed' })

    const begun = new Scene()
    begun.upstream.last.connects().begins().sends(image(200_000).slice(0, 100_000)).breaks()
    await begun.clock.advance(60_000)
    expect(begun.upstream.calls).toHaveLength(1)

    const left = new Scene()
    left.upstream.last.connects()
    left.generation.live.stop()
    left.upstream.last.begins(429).sends(overloaded).ends()
    await left.clock.advance(60_000)
    expect(left.upstream.calls).toHaveLength(1)
    expect(left.outcomes).toHaveLength(1)
  })

  it('is not sent where its client leaves while it waits to be sent again', async () => {
    const { generation, upstream, outcomes, clock } = new Scene()
    upstream.last.breaks()
    generation.live.stop()
    expect(outcomes).toMatchObject([{ failure: { code: 'client_closed_request' } }])
    await clock.advance(60_000)
    expect(upstream.calls).toHaveLength(1)
  })
})

describe('a client that leaves', () => {
  it('before anything was sent takes the order back; after it the answer is read to its end', async () => {
    const held = new Scene()
    held.generation.live.stop()
    expect(held.outcomes).toMatchObject([{ isAccepted: false, failure: { code: 'client_closed_request' } }])

    const { generation, upstream, outcomes } = new Scene()
    upstream.last.connects()
    generation.live.stop()
    expect([generation.state, generation.isOrphan]).toEqual(['sent', true])
    upstream.last.begins().sends(image(300_000)).ends()
    expect(outcomes).toMatchObject([{ isAccepted: true, facts: { images: 1 } }])
    expect(generation.kept?.isWhole).toBe(true)
  })

  it('counts once, however often its delivery is stopped', () => {
    const { generation, upstream } = new Scene()
    upstream.last.connects()
    const replay = generation.replay()
    expect(generation.clients).toBe(2)
    generation.live.stop()
    generation.live.stop()
    expect(generation.clients).toBe(1)
    replay.stop()
    replay.stop()
    expect([generation.clients, generation.isOrphan]).toEqual([0, true])
  })

  it('lets the upstream go on, which it had held back', () => {
    const { generation, upstream } = new Scene()
    upstream.last.connects().begins().sends(image(200_000))
    expect(upstream.last.isPaused).toBe(true) // the first bytes wait for the client
    generation.live.stop()
    expect(upstream.last.isPaused).toBe(false)
  })
})

describe('a slow client', () => {
  it('holds the upstream back until it wants more', () => {
    const { generation, upstream, sink } = new Scene()
    upstream.last.connects().begins().sends(image(200_000).slice(0, 70_000))
    sink.isFull = true
    generation.live.flowInto(sink)
    expect(upstream.last.isPaused).toBe(true)
    sink.isFull = false
    generation.live.resume()
    expect(upstream.last.isPaused).toBe(false)
    upstream.last.sends(image(200_000).slice(70_000)).ends()
    expect([sink.text, sink.ending]).toEqual([image(200_000), 'complete'])
  })
})

describe('a later client', () => {
  it('is given the answer from its first byte, while it comes and when it has come', async () => {
    const whole = image(200_000)
    const { generation, upstream } = new Scene()
    upstream.last.connects().begins().sends(whole.slice(0, 90_000))
    const early = new CollectingSink()
    generation.replay().flowInto(early)
    generation.live.stop()
    upstream.last.sends(whole.slice(90_000)).ends()
    const late = new CollectingSink()
    const replay = generation.replay()
    expect(replay.takeWhole()?.toString()).toBe(whole)
    replay.flowInto(late)
    for (let turn = 0; turn < 50; turn++) await settled()
    expect([early.text === whole, early.ending]).toEqual([true, 'complete'])
    expect([late.text === whole, late.ending]).toEqual([true, 'complete'])
  })

  it('is cut where the answer was', async () => {
    const { generation, upstream } = new Scene()
    upstream.last.connects().begins().sends(image(200_000).slice(0, 90_000)).breaks()
    const sink = new CollectingSink()
    generation.replay().flowInto(sink)
    for (let turn = 0; turn < 50; turn++) await settled()
    expect(sink.ending).toBe('cut')
  })
})

import { Adoptions } from '../../../src/gateway/adoption/adoptions.ts'
import { OrderIdentity } from '../../../src/gateway/adoption/order-identity.ts'
import { Generation } from '../../../src/gateway/generation/generation.ts'
import { SpoolDirectory } from '../../../src/spool/spool-file.ts'
import { ManualClock, settled } from '../../helpers/time/manual-clock.ts'
import { free } from '../../helpers/store/settlements.ts'
import { image, PretendedUpstream } from '../generation/pretended-upstream.ts'
import type { Adoptable } from '../../../src/gateway/adoption/adoptable.ts'
import type { Call } from '../../../src/gateway/requests/endpoint.ts'
import type { Socket } from 'node:net'

export const TTL_MS = 600_000

export interface Attempt {
  readonly caller?: string
  readonly body?: string
  readonly retryCount?: number
  readonly idempotencyKey?: string
  readonly declinesAdoption?: boolean
}

/** Caller, marks and body of a request. */
export function identity({ caller = 'alice', body = 'a boat', ...marks }: Attempt = {}): OrderIdentity {
  const call = { digest: () => body } as Call
  const { retryCount = 0, idempotencyKey, declinesAdoption = false } = marks
  const retriesByItself = retryCount > 0
  return new OrderIdentity(caller, '/v1/images/generations strict', call, {
    retryCount,
    retriesByItself,
    idempotencyKey,
    declinesAdoption,
  })
}

/** A generation that was started, with its upstream. */
export interface StartedOrder {
  readonly adoptable: Adoptable
  readonly generation: Generation
  readonly upstream: PretendedUpstream
}

/** Adoptions on a clock that stands still, around generations whose upstream does as it is told. */
export class AdoptionScene {
  readonly clock = new ManualClock()
  readonly adoptions: Adoptions
  #lastId = 0

  constructor(directory: string, { ttlMs = TTL_MS, maxDiskBytes = 1e9, maxRemembered = 1000 } = {}) {
    const spool = new SpoolDirectory(directory)
    this.adoptions = new Adoptions({ directory: spool, ttlMs, maxDiskBytes, maxRemembered, clock: this.clock })
  }

  start(attempt: Attempt = {}): StartedOrder {
    const upstream = new PretendedUpstream()
    const { adoptions, clock } = this
    const registered: { adoptable?: Adoptable } = {}
    const generation = new Generation(
      {
        id: `gen_${++this.#lastId}`,
        modelName: 'gpt-image-2',
        timeoutMs: 60_000,
        maxRetries: 0,
        clientRetries: false,
        redact: (text) => text,
        clock,
        events: undefined,
        kept: adoptions.createKept(),
        running: () => 1,
      },
      {
        send: (receiver) => upstream.send(receiver),
        accepted: () => {},
        retrying: () => {},
        settle: () => {
          if (registered.adoptable !== undefined) adoptions.settled(registered.adoptable)
          return free()
        },
      },
    )
    const adoptable = adoptions.add(generation, identity(attempt))
    registered.adoptable = adoptable
    generation.start()
    upstream.last.connects()
    return { adoptable, generation, upstream }
  }

  /** Its client has left while the answer was under way; then the answer came. */
  left(attempt: Attempt = {}): StartedOrder {
    const started = this.start(attempt)
    this.leaves(started)
    started.upstream.last.begins().sends(image()).ends()
    return started
  }

  /** The client leaves without the answer. */
  leaves({ generation, adoptable }: StartedOrder): void {
    generation.live.stop()
    this.adoptions.lastClientLeft(adoptable, undefined)
  }

  /** Its client has all of the answer; the connection is as given. */
  delivered(connection: Socket, attempt: Attempt = {}): StartedOrder {
    const started = this.start(attempt)
    started.upstream.last.begins().sends(image()).ends()
    started.generation.live.stop()
    this.adoptions.lastClientLeft(started.adoptable, connection)
    return started
  }

  /** The generation that an attempt is given; undefined: it is a new order. Waits as long as the attempt does. */
  async find(attempt: Attempt): Promise<Generation | undefined> {
    const finding = this.adoptions.find(identity(attempt))
    finding.catch(() => {})
    await settled()
    await this.clock.advance(300)
    return (await finding)?.generation
  }
}

/** A client's connection. */
export function clientConnection(isDestroyed = false): Socket {
  return { destroyed: isDestroyed } as Socket
}

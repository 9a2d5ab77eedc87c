import { eventually } from '../helpers/eventually.ts'
import type { Got, SendOptions } from './client.ts'
import type { FaultWorld } from './world.ts'

/** The end of one client's connection. */
export interface Seen {
  /** The first time that the client asked, or its retry. */
  readonly role: 'first' | 'retry'
  readonly got: Got
}

/** The behaviour of the clients in one case. */
export interface Behaviour {
  readonly name: string
  /** Pictures that are asked for; retries ask for none. */
  readonly orders: number
  /** Only where a client gets the beginning of an answer. */
  readonly needsBody: boolean
  readonly run: (world: FaultWorld) => Promise<Seen[]>
}

/** The request is as far as this upstream lets it come. */
async function underWay(world: FaultWorld, count: number): Promise<void> {
  const { upstream, isReachable } = world
  await eventually('the order is under way', () => (isReachable ? upstream.arrivals : world.underWay) >= count)
}

/** The gateway knows that so many clients have left, or has nothing left to do for them. */
async function noticed(world: FaultWorld, count: number): Promise<void> {
  await eventually('the gateway notices that the client has left', async () => {
    return world.clientsLeft >= count || world.isOver()
  })
}

async function waits(world: FaultWorld): Promise<Seen[]> {
  return [{ role: 'first', got: await world.send().got }]
}

async function leavesBefore(world: FaultWorld): Promise<Seen[]> {
  world.upstream.before.close()
  const first = world.send()
  await underWay(world, 1)
  first.leave()
  await noticed(world, 1)
  world.upstream.before.open()
  return []
}

async function leavesAfterHeaders(world: FaultWorld): Promise<Seen[]> {
  world.upstream.middle.close()
  const first = world.send()
  await first.begun
  first.leave()
  await noticed(world, 1)
  world.upstream.middle.open()
  return []
}

async function leavesInTheMiddle(world: FaultWorld): Promise<Seen[]> {
  world.upstream.middle.close()
  const first = world.send()
  await first.someBytes
  first.leave()
  await noticed(world, 1)
  world.upstream.middle.open()
  return []
}

async function retriesMeanwhile(world: FaultWorld, marks: SendOptions = { retry: 1 }): Promise<Seen[]> {
  world.upstream.before.close()
  const first = world.send()
  await underWay(world, 1)
  first.leave()
  await noticed(world, 1)
  const retry = world.send(undefined, marks)
  await world.adoptedOrOver(1)
  world.upstream.before.open()
  return [{ role: 'retry', got: await retry.got }]
}

async function retriesAfterwards(world: FaultWorld, marks: SendOptions = { retry: 1 }): Promise<Seen[]> {
  await leavesBefore(world)
  await world.idle()
  return [{ role: 'retry', got: await world.send(undefined, marks).got }]
}

async function retriesFromTheMiddle(world: FaultWorld, marks: SendOptions = { retry: 1 }): Promise<Seen[]> {
  await leavesInTheMiddle(world)
  return [{ role: 'retry', got: await world.send(undefined, marks).got }]
}

async function twoRetry(world: FaultWorld, marks: SendOptions = { retry: 1 }): Promise<Seen[]> {
  world.upstream.before.close()
  const first = [world.send(), world.send()]
  await underWay(world, 2)
  for (const sent of first) sent.leave()
  await noticed(world, 2)
  const retries = [world.send(undefined, marks), world.send(undefined, marks)]
  await world.adoptedOrOver(2)
  world.upstream.before.open()
  return Promise.all(retries.map(async ({ got }) => ({ role: 'retry' as const, got: await got })))
}

async function retriesWhileOpen(world: FaultWorld): Promise<Seen[]> {
  world.upstream.before.close()
  const first = world.send()
  await underWay(world, 1)
  const retry = world.send(undefined, { retry: 1 })
  await world.adoptedOrOver(1)
  world.upstream.before.open()
  return [
    { role: 'first', got: await first.got },
    { role: 'retry', got: await retry.got },
  ]
}

/** The same of a client that does not say that it asks again: curl, wget, one behind a proxy. */
function unmarked(run: (world: FaultWorld, marks: SendOptions) => Promise<Seen[]>): Behaviour['run'] {
  return async (world) => run(world, {})
}

export const BEHAVIOURS: readonly Behaviour[] = [
  { name: 'waits', orders: 1, needsBody: false, run: waits },
  { name: 'leaves before the answer', orders: 1, needsBody: false, run: leavesBefore },
  { name: 'leaves after the headers', orders: 1, needsBody: true, run: leavesAfterHeaders },
  { name: 'leaves in the middle of the body', orders: 1, needsBody: true, run: leavesInTheMiddle },
  { name: 'leaves and retries meanwhile', orders: 1, needsBody: false, run: retriesMeanwhile },
  { name: 'leaves and retries afterwards', orders: 1, needsBody: false, run: retriesAfterwards },
  { name: 'leaves in the middle of the body and retries', orders: 1, needsBody: true, run: retriesFromTheMiddle },
  { name: 'is one of two that leave and retry', orders: 2, needsBody: false, run: twoRetry },
  {
    name: 'leaves and asks again without marks meanwhile',
    orders: 1,
    needsBody: false,
    run: unmarked(retriesMeanwhile),
  },
  { name: 'leaves and asks again without marks', orders: 1, needsBody: false, run: unmarked(retriesAfterwards) },
  {
    name: 'leaves in the middle of the body and asks again without marks',
    orders: 1,
    needsBody: true,
    run: unmarked(retriesFromTheMiddle),
  },
  {
    name: 'is one of two that leave and ask again without marks',
    orders: 2,
    needsBody: false,
    run: unmarked(twoRetry),
  },
  { name: 'retries while its first connection looks open', orders: 1, needsBody: false, run: retriesWhileOpen },
]

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestsOf } from '../load/bytes.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { startUpstream } from '../upstream/upstream.ts'
import { direct, enter } from './contestant.ts'
import { Course, comparedTarget } from './course.ts'
import type { Digests } from '../load/bytes.ts'
import type { System } from '../systems/system.ts'
import type { Absent, Contestant } from './contestant.ts'
import type { WorkResult } from './results.ts'
import type { Extent, Work } from './work.ts'

/** The upstream's port while a system takes part that the benchmark did not start. */
export const PEERS_UPSTREAM_PORT = 9100

export interface Performance {
  readonly extent: Extent
  readonly systems: readonly System[]
  /** Is told what is done next. */
  readonly onStep: (step: string) => void
}

/** Does one work with each system in turn, round by round, and ends everything that it started. */
export async function perform(work: Work, { extent, systems, onStep }: Performance): Promise<WorkResult> {
  const directory = mkdtempSync(join(tmpdir(), 'comet-bench-'))
  const hasPeers = systems.some(({ url }) => url !== undefined)
  const port = hasPeers ? PEERS_UPSTREAM_PORT : await freePort()
  const upstream = await startUpstream(work.upstream(extent), join(directory, 'upstream'), port)
  const contestants: Contestant[] = []
  try {
    onStep('starting')
    const able = systems.filter((system) => canDo(system, work))
    const entered = await Promise.all(able.map((system) => enter(system, work, upstream, directory)))
    const absent = entered.filter((one): one is Absent => 'missing' in one)
    contestants.push(...entered.filter((one): one is Contestant => !('missing' in one)))
    const itself = direct(work, upstream)
    const expected = await expectedOf(work, itself)
    const course = new Course(work, extent, { directory, expected, onStep })
    const all = work.systems === undefined ? [itself, ...contestants] : contestants
    const measured = new Map((await course.run(all)).map((one) => [one.system, one]))
    for (const { system, missing } of absent) measured.set(system, { system, rounds: [], missing })
    const order = [itself.system, ...able.map(({ id }) => id)]
    return { work: work.id, systems: order.flatMap((id) => measured.get(id) ?? []) }
  } finally {
    await Promise.all([upstream.child, ...contestants.flatMap(({ child }) => child ?? [])].map((child) => child.stop()))
    rmSync(directory, { recursive: true, force: true })
  }
}

const canDo = ({ id, works }: System, work: Work): boolean =>
  (work.systems?.includes(id) ?? true) && (works?.includes(work.id) ?? true)

/** The answer of the upstream itself; refusals differ in their words and are compared by their status. */
async function expectedOf(work: Work, itself: Contestant): Promise<Digests | undefined> {
  return work.systems === undefined ? digestsOf(comparedTarget(work, itself)) : undefined
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { start } from '../machine/children.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { untilReady } from '../machine/ready.ts'
import { reasonOf } from '../systems/install.ts'
import { ANY_KEY, JSON_HEADERS } from '../systems/system.ts'
import { DIRECT } from './results.ts'
import type { Target } from '../load/figures.ts'
import type { Child } from '../machine/children.ts'
import type { System } from '../systems/system.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Work } from './work.ts'

/** A system that has been started for one work, or the upstream itself. */
export interface Contestant {
  readonly system: string
  readonly target: Target
  /** Not for the upstream, nor for a system that the benchmark did not start. */
  readonly child?: Child
}

export interface Absent {
  readonly system: string
  readonly missing: string
}

/** LiteLLM loads for a while, the more so beside others on one core. */
const READY_MS = 90_000

export function direct(work: Work, upstream: Upstream): Contestant {
  return { system: DIRECT, target: targetOf(work, upstream.url, ANY_KEY) }
}

/** Starts a system before an upstream. */
export async function enter(
  system: System,
  work: Work,
  upstream: Upstream,
  parent: string,
): Promise<Contestant | Absent> {
  if (system.url !== undefined) return { system: system.id, target: targetOf(work, system.url, ANY_KEY) }
  const directory = join(parent, system.id)
  mkdirSync(directory)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  try {
    const { launch, headers = ANY_KEY } = await system.start({ port, upstream, directory })
    const child = start('system', launch, join(directory, 'log'))
    try {
      await untilReady(child, url, READY_MS)
    } catch (error) {
      await child.stop()
      throw error
    }
    return { system: system.id, target: targetOf(work, url, headers), child }
  } catch (error) {
    return { system: system.id, missing: reasonOf(error) }
  }
}

/** The request of a work, sent to one address. */
export function targetOf(work: Work, url: string, headers: Readonly<Record<string, string>>): Target {
  const type = work.contentType === undefined ? JSON_HEADERS : { 'content-type': work.contentType }
  return { url: url + work.path, headers: { ...type, ...headers }, body: work.body() }
}

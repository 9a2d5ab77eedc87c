import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { temporaryDirectory } from '../helpers/directory.ts'
import { startGateway } from '../helpers/gateway.ts'
import { newPrompt } from '../helpers/new-orders.ts'
import { imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

export const ALICE = 'sk-gw-alice-0123456789'
export const BOB = 'sk-gw-bob-0123456789'
export const ADMIN_KEY = 'admin-0123456789-0123456789'
const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')

export interface ShelfWorld {
  gateway: TestGateway
  upstream: ScriptedUpstream
  directory: string
}

/** A gateway with a shelf, two keys and an administrator, in front of a scripted upstream. */
export function shelfWorld(environment: Readonly<Record<string, string>> = {}): ShelfWorld {
  const world = {} as ShelfWorld
  const own = temporaryDirectory()
  beforeAll(async () => {
    world.directory = own.path
    world.upstream = await scriptedUpstream()
    world.gateway = await startGateway(world.upstream.url, {
      DATABASE: 'true',
      GATEWAY_KEYS: `alice=${ALICE},bob=${BOB}`,
      ADMIN_KEY,
      DATA_DIR: own.path,
      ...environment,
    })
  })
  afterAll(async () => {
    await world.gateway.close()
    await world.upstream.close()
    own.remove()
  })
  return world
}

/** Bytes that begin as a PNG does. */
export function picture(bytes: number, seed = 1): Buffer {
  const body = Buffer.alloc(bytes)
  for (let at = 0, value = seed; at < bytes; at++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) >>> 0
    body[at] = value >>> 16
  }
  PNG_SIGNATURE.copy(body)
  return body
}

export function answerOf(...pictures: readonly Buffer[]): Record<string, unknown> {
  return imageAnswer({ data: pictures.map((one) => ({ b64_json: one.toString('base64') })) })
}

export const wanted = (more: object = {}): object => ({
  model: 'gpt-image-2',
  prompt: newPrompt(),
  response_format: 'url',
  ...more,
})

export interface LinkedAnswer {
  readonly data: readonly { readonly url?: string; readonly b64_json?: string | null }[]
  readonly usage?: unknown
}

/** Files of the shelf. */
export function filesIn(directory: string): readonly string[] {
  return readdirSync(join(directory, 'pictures')).toSorted((a, b) => a.localeCompare(b))
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

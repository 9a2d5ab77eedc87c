import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { eventually } from '../../helpers/eventually.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { largePicture, picture } from '../../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../../helpers/upstream.ts'
import { census, NOTHING, upload } from './wire-client.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

const KEY = 'sk-team-0123456789abcdef0123456789'
export const authorization = `Bearer ${KEY}`

/** A gateway that takes uploads of up to 8 MB with a key, the upstream behind it, and pictures to upload. */
export class Uploading {
  upstream!: ScriptedUpstream
  gateway!: TestGateway
  square!: Buffer
  /** Larger than what stays in memory. */
  large!: Buffer
}

/** One gateway for all tests of a file; after each of them nothing may be left of its requests. */
export function uploading(): Uploading {
  const world = new Uploading()
  beforeAll(async () => {
    world.upstream = await scriptedUpstream()
    world.gateway = await startGateway(world.upstream.url, {
      MAX_UPLOAD_BYTES: '8000000',
      GATEWAY_KEYS: `team=${KEY}`,
      AUTH_FAILURES_PER_MINUTE: '1000',
    })
    world.square = await picture(64, 64)
    world.large = await largePicture(3_000_000)
  })
  beforeEach(() => {
    world.upstream.received.length = 0
    world.upstream.script = answerJson(imageAnswer())
  })
  afterEach(async () => {
    await eventually('nothing is left', async () => expect(await census(world.gateway)).toEqual(NOTHING))
  })
  afterAll(async () => {
    await world.gateway.close()
    await world.upstream.close()
  })
  return world
}

/** An upload of the team. */
export const send = (body: Buffer, headers: Readonly<Record<string, string | number | undefined>> = {}): Buffer =>
  upload(body, { authorization, ...headers })

/** A request that must never be read as one. */
const SMUGGLED = Buffer.from(
  `\r\n\r\nPOST /v1/images/generations HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
)
/** So many bytes of requests that must never be read as such, and one more. */
export const smuggling = (bytes: number): Buffer => Buffer.concat([Buffer.alloc(bytes, SMUGGLED), SMUGGLED])

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

describe('a URL that no route has', () => {
  it.each([
    ['/v1/v1/images/generations', 'The base URL has /v1 twice.'],
    ['/v1//images/generations', 'It has two slashes in a row'],
    ['//images/generations', 'It has two slashes in a row'],
    ['/images/generations', 'The base URL ends in /v1.'],
    ['/models', 'The base URL ends in /v1.'],
    ['/models/gpt-image-2', 'The base URL ends in /v1.'],
  ])('is a 404 that says what is wrong with the base URL: %s', async (path, hint) => {
    const response = await fetch(gateway.url + path, { method: path.includes('models') ? 'GET' : 'POST' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(hint) as unknown } })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import { answerOf, picture, wanted } from './shelf-world.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'
import type { World } from '../helpers/world.ts'

let world: World<ScriptedUpstream>
beforeAll(async () => {
  world = openWorld(await scriptedUpstream(answerJson(answerOf(picture(100)))))
})
afterAll(() => world.close())

describe('a gateway that keeps no pictures', () => {
  it.each([
    ['DATABASE=false', { DATABASE: 'false' }],
    ['PICTURES=false', { PICTURES: 'false', DATABASE: 'true' }],
  ])('refuses links of base64 with the settings that it takes, and says so at its start: %s', async (why, settings) => {
    const gateway = await world.start(settings)
    const response = await gateway.post(wanted())
    const { error } = (await response.json()) as { readonly error: Record<string, unknown> }
    expect([response.status, error['code'], error['param']]).toEqual([400, 'unsupported_parameter', 'response_format'])
    expect(error['message']).toContain('PICTURES=true and DATABASE=true')
    expect(gateway.lines.some((line) => line.includes(`no pictures are kept (${why})`))).toBe(true)
    expect((await gateway.get(`/pictures/pic_${'0'.repeat(32)}.png`)).status).toBe(404)
    const dropped = await gateway.post(wanted(), { 'x-gateway-parameter-policy': 'drop' })
    expect(dropped.headers.get('x-gateway-dropped-parameters')).toBe('response_format')
  })
})

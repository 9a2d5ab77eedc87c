import { describe, expect, it } from 'vitest'
import { answerJson } from '../helpers/upstream.ts'
import { ALICE, BOB, answerOf, picture, shelfWorld, wanted } from './shelf-world.ts'
import type { LinkedAnswer } from './shelf-world.ts'

const ATTACKS = 10_000
const world = shelfWorld({ AUTH_FAILURES_PER_MINUTE: '1000000' })

/** Numbers that are the same in every run. */
function seeded(seed: number): (below: number) => number {
  let value = seed
  return (below) => {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((value / 2 ** 32) * below)
  }
}

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_=+/.%~ '
const TRICKS = [
  '../',
  '..%2f',
  '%2e%2e/',
  './',
  '//',
  '%00',
  '\\',
  '..%5c',
  '.png/',
  '%2f',
  ';',
  '/../gateway.db',
  '%252e',
]

/** One change to a link that was good: path, expiry, signature, or another parameter. */
function attacked(link: URL, random: (below: number) => number): string {
  const path = link.pathname
  const expires = link.searchParams.get('expires') ?? ''
  const signature = link.searchParams.get('signature') ?? ''
  const query = (more: Record<string, string>) => new URLSearchParams({ expires, signature, ...more }).toString()
  const mutated = (text: string): string => {
    const at = random(text.length)
    const character = CHARACTERS[random(CHARACTERS.length)] ?? 'x'
    const kind = random(4)
    if (kind === 0) return text.slice(0, at) + text.slice(at + 1)
    if (kind === 1) return text.slice(0, at) + character + text.slice(at)
    if (kind === 2) return text.slice(0, at) + (TRICKS[random(TRICKS.length)] ?? '') + text.slice(at + random(8))
    return text.slice(0, at) + (character === text[at] ? '~' : character) + text.slice(at + 1)
  }
  const id = path.slice('/pictures/'.length)
  const choices = [
    () => `/pictures/${encodeURI(mutated(id))}?${query({})}`,
    () => `/pictures/${mutated(id).replaceAll(/[ \\]/g, '')}?${query({})}`,
    () => `${path}?${query({ signature: mutated(signature) })}`,
    () => `${path}?${query({ expires: mutated(expires) })}`,
    () => `${path}?${query({ expires: String(Number(expires) + 1 + random(1e6)) })}`,
    () => `${path}?expires=${expires}`,
    () => `${path}?signature=&expires=${expires}`,
    () => `${path}?${query({})}&signature=${signature}`,
    () => `${path}?${query({})}&expires=${expires}`,
    () => `${path}?expires[]=${expires}&signature=${signature}`,
    () => `${path.replace('.png', '.svg')}?${query({})}`,
    () => `${path.replace('.png', '')}?${query({})}`,
  ]
  return (choices[random(choices.length)] ?? choices[0] ?? String)()
}

describe('attacks on links', () => {
  it(`serve no byte of a picture, in ${ATTACKS} forms`, { timeout: 60_000 }, async () => {
    const bytes = picture(5000, 8)
    world.upstream.script = answerJson(answerOf(bytes, picture(5000, 9)))
    const answer = await world.gateway.post(wanted({ n: 2 }), { authorization: `Bearer ${ALICE}` })
    const { data } = (await answer.json()) as LinkedAnswer
    const links = data.map(({ url = '' }) => new URL(url))
    const random = seeded(20_261_125)
    const { server } = world.gateway.app
    const served: string[] = []
    for (let index = 0; index < ATTACKS; index++) {
      const [own, other] = index % 2 === 0 ? links : links.toReversed()
      if (own === undefined || other === undefined) throw new Error('there are two links')
      // Every seventh one is the path of one picture with the signature of another.
      const url = index % 7 === 0 ? other.pathname + own.search : attacked(own, random)
      const isGood = url.replace('/?', '?') === own.pathname + own.search
      const headers = index % 3 === 0 ? { authorization: `Bearer ${BOB}`, range: 'bytes=0-9' } : {}
      const { statusCode, body } = await server.inject({ method: index % 5 === 0 ? 'HEAD' : 'GET', url, headers })
      if (!isGood && (statusCode < 400 || body.includes('PNG'))) served.push(`${statusCode} ${url}`)
    }
    expect(served).toEqual([])
  })

  it('with ranges serve the bytes that they name and no others', async () => {
    const bytes = picture(1000, 8)
    world.upstream.script = answerJson(answerOf(bytes))
    const answer = await world.gateway.post(wanted(), { authorization: `Bearer ${ALICE}` })
    const { data } = (await answer.json()) as LinkedAnswer
    const { pathname, search } = new URL(data[0]?.url ?? '')
    const random = seeded(7)
    for (let index = 0; index < 300; index++) {
      const [from, to] = [random(1500), random(1500)]
      const range = [
        `bytes=${from}-${to}`,
        `bytes=${from}-`,
        `bytes=-${to}`,
        `bytes=${from}-${to},0-1`,
        `lines=${from}-${to}`,
      ]
      const { statusCode, rawPayload, headers } = await world.gateway.app.server.inject({
        url: pathname + search,
        headers: { range: range[index % range.length] },
      })
      const [, first = '0', last = '999'] =
        /^bytes (\d+)-(\d+)\/1000$/.exec(headers['content-range']?.toString() ?? '') ?? []
      if (statusCode === 416) expect(rawPayload).toHaveLength(0)
      else expect(rawPayload.equals(bytes.subarray(Number(first), Number(last) + 1))).toBe(true)
      expect([200, 206, 416]).toContain(statusCode)
    }
  })
})

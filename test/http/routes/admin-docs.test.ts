import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADMIN_ROUTES } from '../../../src/http/routes/admin/admin.ts'
import { ME_ROUTE } from '../../../src/http/routes/me.ts'
import { ADMIN_KEY, teamGateway } from './team-gateway.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/admin-api.md'), 'utf8')
/** The commands of the page, each as its words. */
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line !== '')
  .map((line) => [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''))

/** A request as curl would send it. */
function requestOf(words: readonly string[], gateway: string): { url: string; init: RequestInit } {
  const fill = (word: string): string => word.replace('$GATEWAY', gateway).replace('$ADMIN_KEY', ADMIN_KEY)
  const after = (flag: string): string[] => words.filter((_, index) => words[index - 1] === flag).map(fill)
  const headers = after('-H').map((header) => header.split(/: (.*)/).slice(0, 2) as [string, string])
  const [body] = after('-d')
  const [method = body === undefined ? 'GET' : 'POST'] = after('-X')
  const url = fill(words.find((word) => word.startsWith('$GATEWAY')) ?? '')
  return { url, init: { method, headers, ...(body === undefined ? {} : { body }) } }
}

describe('docs/admin-api.md', () => {
  it('has examples that work, one after the other', async () => {
    const team = await teamGateway()
    const statuses: string[] = []
    for (const words of commands) {
      expect(words[0]).toBe('curl')
      const { url, init } = requestOf(words, team.gateway.url)
      const { status } = await fetch(url, init)
      statuses.push(`${init.method} ${new URL(url).pathname} ${status}`)
    }
    await team.close()
    expect(statuses).toEqual([
      'POST /gateway/keys 201',
      'PATCH /gateway/keys/alice 200',
      'GET /gateway/usage 200',
      'GET /gateway/generations 200',
      'GET /gateway/me 200',
      'POST /gateway/keys/alice/rotate 200',
      'POST /gateway/keys/alice/revoke 200',
    ])
  })

  it('lists every route', () => {
    const listed = [...page.matchAll(/^\| `(\w+) ([^`]+)`/gm)].map(([, method, path]) => `${method} ${path}`)
    const routes = [...ADMIN_ROUTES, ME_ROUTE].map(({ method, path }) => `${method} ${path.replace(/:(\w+)/, '{$1}')}`)
    expect(listed).toEqual(routes)
  })
})

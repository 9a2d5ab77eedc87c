import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Domain rooms that the routes and the app may know. */
const DOMAIN = [
  'gateway',
  'gateway/adoption',
  'gateway/requests',
  'models',
  'access',
  'accounting',
  'pictures',
  'errors',
]

/**
 * Room → the rooms, or single files, that it may import; a room may always import itself. The four rooms of a request's way stand in
 * order: gateway → adoption → generation → answers, with requests beside them.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'config', 'errors'],
  cli: [...DOMAIN, 'main', 'app', 'config', 'stores', 'version'],
  app: ['*'],
  http: [...DOMAIN, 'config', 'telemetry', 'version'],
  gateway: [
    'gateway/requests',
    'gateway/adoption',
    'gateway/generation',
    'gateway/answers',
    'models',
    'access',
    'accounting',
    'pictures',
    'upstream',
    'spool',
    'errors',
    'telemetry',
  ],
  'gateway/adoption': [
    'gateway/generation',
    'gateway/answers',
    'gateway/requests',
    'models',
    'accounting',
    'spool',
    'errors',
    'upstream',
  ],
  'gateway/generation': [
    'gateway/answers',
    'gateway/requests',
    'models',
    'accounting',
    'pictures',
    'spool',
    'errors',
    'telemetry',
    'upstream',
  ],
  'gateway/answers': ['gateway/requests', 'models', 'accounting', 'pictures', 'spool', 'errors', 'upstream'],
  'gateway/requests': ['models', 'spool', 'errors'],
  access: ['accounting', 'errors'],
  accounting: ['errors'],
  pictures: ['spool', 'errors'],
  stores: ['access', 'accounting', 'pictures', 'errors', 'spool'],
  models: ['accounting', 'errors'],
  upstream: ['spool', 'errors', 'telemetry'],
  spool: ['errors'],
  telemetry: ['accounting', 'errors'],
  config: [
    'accounting/alerts/alert-form-names.ts',
    'accounting/budget.ts',
    'access/keys/key-name.ts',
    'access/keys/parameter-defaults.ts',
  ],
  errors: [],
  version: [],
}

/** Package → the only files that may import it (as a value or a type). */
const ONLY_IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  undici: ['upstream/'],
  'undici/lib/dispatcher/pool.js': ['upstream/upstream.ts'],
  'undici/lib/dispatcher/client.js': ['upstream/answer-connection.ts'],
  'undici/lib/core/connect.js': ['upstream/answer-connection.ts'],
  'prom-client': ['telemetry/metrics.ts'],
  sharp: [],
  'node:sqlite': ['stores/sqlite/'],
  commander: ['cli/'],
  'string-width': ['cli/'],
  openai: ['cli/commands/demo.ts'],
  '@fastify/cors': ['app/', 'http/plugins/origins.ts'],
  '@fastify/rate-limit': ['app/'],
  'pino-pretty': ['telemetry/logging.ts'],
}

interface Import {
  readonly from: string
  readonly to: string
}

const imports: Import[] = files.flatMap((from) =>
  [...source(from).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => ({ from, to: match[1] ?? '' })),
)

/** Imports of our own files, type-only ones included. */
const ours: Import[] = imports
  .filter(({ to }) => to.startsWith('.'))
  .map(({ from, to }) => ({ from, to: relative(SRC, resolve(SRC, dirname(from), to)) }))

function source(file: string): string {
  return readFileSync(join(SRC, file), 'utf8')
}

function linesOf(file: string): number {
  return source(file).split('\n').length - 1
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}

/** `gateway/relay.ts` → `gateway`, `gateway/answers/json-tap.ts` → `gateway/answers`, `version.ts` → `version`. */
function room(file: string): string {
  const [top = '', second = '', ...rest] = file.split('/')
  if (second === '') return top.replace(/\.ts$/, '')
  return top === 'gateway' && rest.length > 0 ? `${top}/${second}` : top
}

/** The circles of a graph: each as the names that can reach each other. */
function circles(arrows: readonly Import[]): string[][] {
  const targets = Map.groupBy(arrows, ({ from }) => from)
  const reachable = (start: string): Set<string> => {
    const seen = new Set<string>()
    const waiting = [start]
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      for (const { to } of targets.get(name) ?? []) {
        if (seen.has(to)) continue
        seen.add(to)
        waiting.push(to)
      }
    }
    return seen
  }
  const reach = new Map([...targets.keys()].map((name) => [name, reachable(name)]))
  const found = [...reach].filter(([name, seen]) => seen.has(name))
  return [
    ...new Set(
      found.map(([name, seen]) =>
        [...seen]
          .filter((other) => reach.get(other)?.has(name) === true)
          .toSorted((a, b) => a.localeCompare(b))
          .join(' → '),
      ),
    ),
  ].map((circle) => circle.split(' → '))
}

describe('the house', () => {
  it('has only rooms that the table knows', () => {
    expect(files.map(room).filter((name) => !(name in MAY_IMPORT))).toEqual([])
  })

  it('lets a room import only what the table allows', () => {
    const trespassers = ours.filter(({ from, to }) => {
      const allowed = MAY_IMPORT[room(from)] ?? []
      const isSandbox = to === '../sandbox/sandbox.ts' && from === 'app/sandbox.ts'
      const isAllowed = ['*', room(to), to].some((name) => allowed.includes(name))
      return room(from) !== room(to) && !isAllowed && !isSandbox
    })
    expect(trespassers.map(({ from, to }) => `${from} must not import ${to}`)).toEqual([])
  })

  it('has no circle of files, type-only imports included', () => {
    expect(circles(ours)).toEqual([])
  })

  it('has no circle of rooms', () => {
    const arrows = ours
      .map(({ from, to }) => ({ from: room(from), to: room(to) }))
      .filter(({ from, to }) => from !== to)
    expect(circles(arrows)).toEqual([])
  })

  it('lets nothing import the sandbox but the app, which loads it when asked', () => {
    const loaders = ours.filter(({ to }) => to.startsWith('..')).map(({ from, to }) => `${from} loads ${to}`)
    expect(loaders).toEqual(['app/sandbox.ts loads ../sandbox/sandbox.ts'])
    const sandbox = readdirSync(join(ROOT, 'sandbox'), { recursive: true, encoding: 'utf8' })
    const trespassers = sandbox
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => readFileSync(join(ROOT, 'sandbox', file), 'utf8').includes('/src/'))
    expect(trespassers).toEqual([])
  })

  it('has one importer for each dangerous package', () => {
    const trespassers = imports.filter(({ from, to }) =>
      ONLY_IMPORTERS[to]?.every((allowed) => !from.startsWith(allowed)),
    )
    expect(trespassers.map(({ from, to }) => `${from} must not import ${to}`)).toEqual([])
  })

  it('reads process.env only in config.ts, and exits or prints only in main.ts and cli/', () => {
    const offences = files.flatMap((file) => {
      const code = withoutComments(source(file))
      const isEntry = file === 'main.ts' || file.startsWith('cli/')
      return [
        ...(code.includes('process.env') && file !== 'config/config.ts' ? [`${file} reads process.env`] : []),
        ...(/process\.exit|console\./.test(code) && !isEntry ? [`${file} exits or prints`] : []),
      ]
    })
    expect(offences).toEqual([])
  })

  it('has no file over 300 lines, and half of them have at most 90', () => {
    expect(files.filter((file) => linesOf(file) > 300)).toEqual([])
    const lengths = files.map(linesOf).toSorted((a, b) => a - b)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(90)
  })

  it('has no folder with more than 15 files of its own, and at most 16 entries at the top', () => {
    const folders = Map.groupBy(files, (file) => dirname(file))
    const crowded = [...folders].filter(([, inside]) => inside.length > 15)
    expect(crowded.map(([folder, inside]) => `${folder} has ${inside.length} files`)).toEqual([])
    expect(readdirSync(SRC).length).toBeLessThanOrEqual(16)
  })

  it('has no file without a subject, and no type holes', () => {
    const offences = files.flatMap((file) => {
      const code = withoutComments(source(file))
      return [
        ...(/(^|\/)(utils?|helpers?|common|types|constants|misc)\.ts$/.test(file) ? [`${file} has no subject`] : []),
        ...(/:\s*any\b|\bas any\b|@ts-ignore|@ts-expect-error/.test(code) ? [`${file} has a type hole`] : []),
      ]
    })
    expect(offences).toEqual([])
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = resolve(import.meta.dirname, '../src')
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** Folder (or top-level file) → what of ours it may import. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'config', 'cli'],
  cli: [
    'app',
    'budgets',
    'config',
    'endpoints',
    'errors',
    'gateway',
    'keys',
    'ledger',
    'main',
    'models',
    'store-error',
    'stores',
    'version',
  ],
  app: ['*'],
  team: ['config', 'keys', 'ledger', 'routes', 'store-error', 'stores'],
  routes: [
    'plugins',
    'gateway',
    'endpoints',
    'models',
    'keys',
    'limits',
    'budgets',
    'ledger',
    'config-values',
    'errors',
    'metrics',
    'store-error',
    'version',
  ],
  plugins: ['gateway', 'keys', 'limits', 'errors', 'config'],
  gateway: [
    'endpoints',
    'uploads',
    'spool',
    'models',
    'keys',
    'limits',
    'budgets',
    'ledger',
    'usage',
    'upstream',
    'errors',
    'metrics',
  ],
  endpoints: ['models', 'uploads', 'spool', 'errors'],
  keys: ['budgets', 'errors', 'config-values', 'store-error'],
  budgets: ['errors'],
  ledger: ['budgets', 'errors', 'store-error', 'usage'],
  stores: ['budgets', 'keys', 'ledger', 'spool', 'store-error', 'usage'],
  'store-error': ['errors'],
  limits: ['errors', 'keys'],
  upstream: ['errors'],
  models: ['usage', 'errors'],
  usage: ['errors'],
  uploads: ['models', 'spool', 'errors'],
  spool: ['errors'],
  metrics: ['usage', 'instruments'],
  instruments: [],
  sandbox: [],
  errors: ['error-codes'],
  'error-codes': [],
  config: ['variables', 'config-values'],
  variables: ['config-values'],
  'config-values': [],
  logging: [],
  version: [],
}

/** Package → the only files that may import it (as a value or a type). */
const ONLY_IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  undici: ['upstream/'],
  'undici/lib/dispatcher/pool.js': ['upstream/upstream.ts'],
  'prom-client': ['metrics.ts', 'instruments.ts'],
  sharp: ['sandbox/'],
  'node:sqlite': ['stores/'],
  commander: ['cli/'],
  openai: ['cli/demo.ts'],
  '@fastify/rate-limit': ['app.ts'],
  'pino-pretty': ['logging.ts'],
}

interface Import {
  readonly from: string
  readonly to: string
}

const imports: Import[] = files.flatMap((from) =>
  [...source(from).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => ({ from, to: match[1] ?? '' })),
)

function source(file: string): string {
  return readFileSync(join(SRC, file), 'utf8')
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}

/** `gateway/relay.ts` → `gateway`, `metrics.ts` → `metrics`. */
function room(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, '')
}

describe('the house', () => {
  it('has only rooms that the table knows', () => {
    expect(files.map(room).filter((name) => !(name in MAY_IMPORT))).toEqual([])
  })

  it('lets a room import only what the table allows', () => {
    const trespassers = imports
      .filter(({ to }) => to.startsWith('.'))
      .map(({ from, to }) => ({ from, to: relative(SRC, resolve(SRC, dirname(from), to)) }))
      .filter(({ from, to }) => {
        const allowed = MAY_IMPORT[room(from)] ?? []
        return room(from) !== room(to) && !allowed.includes('*') && !allowed.includes(room(to))
      })
    expect(trespassers.map(({ from, to }) => `${from} must not import ${to}`)).toEqual([])
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
        ...(code.includes('process.env') && file !== 'config.ts' ? [`${file} reads process.env`] : []),
        ...(/process\.exit|console\./.test(code) && !isEntry ? [`${file} exits or prints`] : []),
      ]
    })
    expect(offences).toEqual([])
  })

  it('has no file over 300 lines, none without a subject, and no type holes', () => {
    const offences = files.flatMap((file) => {
      const code = withoutComments(source(file))
      const lines = source(file).split('\n').length - 1
      return [
        ...(lines > 300 ? [`${file} has ${lines} lines`] : []),
        ...(/(^|\/)(utils?|helpers?|common|types|constants|misc)\.ts$/.test(file) ? [`${file} has no subject`] : []),
        ...(/:\s*any\b|\bas any\b|@ts-ignore|@ts-expect-error/.test(code) ? [`${file} has a type hole`] : []),
      ]
    })
    expect(offences).toEqual([])
  })
})

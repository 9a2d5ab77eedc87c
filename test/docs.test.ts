import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../src/config/variables.ts'
import { PREFERENCE } from '../src/gateway/adoption/standing.ts'
import { ERRORS } from '../src/errors/gateway-error.ts'
import { CLIENTS } from './clients/clients.ts'
import { Metrics } from '../src/telemetry/metrics.ts'
import { builtInModels } from '../src/models/catalogue.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const rows = (file: string): string[][] =>
  read(file)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
/** The files that say which clients are installed, below test/clients. */
const PINNED = [
  'node/package.json',
  'go/go.mod',
  'rust/Cargo.toml',
  'java/pom.xml',
  'python/requirements-openai-1.txt',
  'python/requirements-openai-1.3.txt',
  'python/requirements-openai-2.txt',
  'python/requirements-litellm.txt',
]
/** Every page that is written by hand. */
const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .toSorted((a, b) => a.localeCompare(b)),
]

/** The anchors of a page's headings, as forges make them. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('the docs', () => {
  it('list every variable with its default and its line, in docs/configuration.md', () => {
    const table = rows('docs/configuration.md').filter(([name]) => /^`[A-Z_]+`$/.test(name ?? ''))
    const expected = Object.entries(VARIABLES).map(([name, variable]) => [
      `\`${name}\``,
      variable.default === undefined ? '' : `\`${variable.default}\``,
      variable.doc,
    ])
    expect(table).toEqual(expected)
  })

  it('list every variable in .env.example, with its default', () => {
    const example = read('.env.example')
    for (const [name, variable] of Object.entries(VARIABLES)) {
      expect(example).toContain(`# ${variable.doc}\n`)
      expect(example).toMatch(new RegExp(`^(# )?${name}=${(variable.default ?? '').replaceAll('.', '\\.')}$`, 'm'))
    }
  })

  it('list every error code with status, type and retry advice, in docs/errors.md', () => {
    const table = rows('docs/errors.md').map(([code, status, type, retry]) => [code, status, type, retry])
    const expected = Object.entries(ERRORS).map(([code, kind]) => [
      `\`${code}\``,
      String(kind.status),
      `\`${kind.type}\``,
      kind.retry === 'never' ? '`false`' : '',
    ])
    expect(table).toEqual(expected)
  })

  it('list every metric and its labels, in docs/metrics.md', async () => {
    const text = await new Metrics('0').exposition()
    const names = [...text.matchAll(/^# TYPE ((?:comet|gen_ai)_\w+)/gm)].map(([, name = '']) => `\`${name}\``)
    expect(
      rows('docs/metrics.md')
        .map(([name = '']) => name)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(names.toSorted((a, b) => a.localeCompare(b)))
  })

  it('name every model of the catalogue, in docs/models.md', () => {
    const text = read('docs/models.md')
    const missing = builtInModels.filter(({ id }) => {
      const family = id
        .replace(/^(gpt-image-2\.[56])-.*/, '$1-*')
        .replace(/^(doubao|bytedance)-seedream-.*/, '$1-seedream-*')
      return !text.includes(`\`${family}\``)
    })
    expect(missing).toEqual([])
  })

  it('name every client that is tried, in the version that is installed', () => {
    const page = read('docs/clients.md')
    const pinned = PINNED.map((file) => read(`test/clients/${file}`)).join('\n')
    for (const { name } of CLIENTS) {
      expect(page).toContain(`| ${name} |`)
      const [version] = /\d+\.\d+\.\d+/.exec(name) ?? []
      if (version !== undefined) expect(pinned, name).toContain(version)
    }
  })

  it('have no link that leads nowhere', () => {
    const dead = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(([link, target = '', anchor]) => {
        const file = target === '' ? page : join(dirname(page), target)
        if (!existsSync(join(ROOT, file))) return [`${page} has a link ${link}`]
        return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [`${page} has a link ${link}`]
      }),
    )
    expect(dead).toEqual([])
  })

  it('name no file or folder of the repository that is not there', () => {
    const missing = PAGES.flatMap((page) =>
      [...read(page).matchAll(/`((?:src|sandbox|test|bench|docs|examples)\/[\w./-]*)`/g)]
        .map(([, path = '']) => path)
        .filter((path) => !existsSync(join(ROOT, path)))
        .map((path) => `${page} names ${path}`),
    )
    expect(missing).toEqual([])
  })

  it('have numbered decisions with status and date', () => {
    const records = PAGES.filter((page) => page.startsWith('docs/decisions/'))
    const untidy = records.filter((page) => {
      const number = Number(/(\d{4})-[a-z0-9-]+\.md$/.exec(page)?.[1])
      const head = new RegExp(`^# ${number}\\. .+\n\nStatus: \\S.*\nDate: \\d{4}-\\d{2}-\\d{2}\n`)
      return !head.test(read(page))
    })
    expect(untidy).toEqual([])
    const numbers = records.map((page) => page.slice(0, 'docs/decisions/0000'.length))
    expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([])
  })

  it('give each word of the glossary once', () => {
    const words = read('docs/glossary.md')
      .split('\n')
      .filter((line) => /^\| (?!Say|-)/.test(line))
      .map((line) => line.split('|')[1]?.trim() ?? '')
    expect(words.length).toBeGreaterThan(40)
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
  })

  describe('on the life of a request', () => {
    const page = 'docs/life-of-a-request.md'
    const phases = rows(page)
      .filter(([, file]) => /^`src\/.*\.ts`$/.test(file ?? ''))
      .map((cells) => cells.map((cell) => cell.replaceAll('`', '')))

    it('name each phase by a function of the file beside it', () => {
      expect(phases.length).toBeGreaterThan(10)
      const invented = phases.filter(([name = '', file = '']) => !new RegExp(`\\b${name}\\(`).test(read(file)))
      expect(invented.map(([name, file]) => `${name} is not in ${file}`)).toEqual([])
    })

    it('have every phase of the handler with its statuses, in order', () => {
      const code = read('src/gateway/handle-request.ts').split('function handleRequest')[1] ?? ''
      const lines = code.split('\n').filter((line) => /\/\/.*\b\d{3}\b/.test(line) && line.includes('('))
      const called = lines.map((line) => /(\w+)\(/.exec(line)?.[1] ?? '')
      const table = phases.map(([name = '']) => name).filter((name) => called.includes(name))
      expect(table).toEqual(called)
      const missing = lines.flatMap((line, index) => {
        const statuses = line.slice(line.indexOf('//')).match(/\b[45]\d{2}\b/g) ?? []
        const [, , listed = ''] = phases.find(([name]) => name === called[index]) ?? []
        return statuses.filter((status) => !listed.includes(status)).map((status) => `${called[index]} ${status}`)
      })
      expect(missing).toEqual([])
    })

    it('have every state of a generation, and every standing in its order of preference', () => {
      const union = /type GenerationState = (.*)/.exec(read('src/gateway/generation/generation.ts'))?.[1] ?? ''
      const states = union.split('|').map((state) => state.trim().replaceAll("'", ''))
      const diagram = read(page).split('stateDiagram-v2')[1]?.split('```')[0] ?? ''
      const drawn = [...diagram.matchAll(/(\w+) -->|--> (\w+)/g)].map((match) => match[1] ?? match[2])
      expect(new Set(drawn)).toEqual(new Set(states))
      const standings = [...new Set(PREFERENCE.map(({ standing }) => `\`${standing}\``))]
      expect(
        rows(page)
          .map(([name = '']) => name)
          .filter((name) => standings.includes(name)),
      ).toEqual(standings)
    })
  })

  it('and the scripts they name exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = ['README.md', 'CONTRIBUTING.md', '.ci/run'].flatMap((page) =>
      [...read(page).matchAll(/npm (?:run )?(start|test|(?<=run )[\w:]+)/g)].map((match) => match[1] ?? ''),
    )
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

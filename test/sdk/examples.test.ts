import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { look } from '../sandbox/pixels.ts'
import { GATEWAY_KEY, startSandboxGateway } from './gateways.ts'
import type { TestGateway } from '../helpers/gateway.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'examples')
/** Example → the files that it writes. Those in Python are run by `npm run test:python`. */
const PICTURES = {
  generate: ['boat.png'],
  stream: ['boat-0.png', 'boat-1.png', 'boat.png'],
  edit: ['night.png'],
} as const
const LANGUAGES = [
  ['js', process.execPath],
  ['sh', 'bash'],
] as const
const hasTools = ['curl', 'awk', 'sed', 'base64'].every(
  (tool) => spawnSync('bash', ['-c', `command -v ${tool}`]).status === 0,
)

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

interface Result {
  readonly code: unknown
  readonly stderr: string
  /** The files that it wrote, by name. */
  readonly files: Readonly<Record<string, string>>
}

/** Runs an example in an empty directory, and looks at what it leaves there. */
async function run(program: string, file: string, apiKey = GATEWAY_KEY): Promise<Result> {
  const { path: directory, remove } = temporaryDirectory()
  const environment = { OPENAI_BASE_URL: `${gateway.url}/v1`, OPENAI_API_KEY: apiKey }
  const { code, stderr } = await startProgram(program, [join(EXAMPLES, file)], { directory, environment }).done
  const files: Record<string, string> = {}
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name))
    files[name] = bytes.length === 0 ? 'empty' : await look(bytes)
  }
  remove()
  return { code, stderr, files }
}

describe.concurrent.each(LANGUAGES)('the examples in .%s', (ending, program) => {
  const isPossible = ending !== 'sh' || hasTools

  it.skipIf(!isPossible).each(Object.entries(PICTURES))('%s makes its pictures', async (name, pictures) => {
    const aPicture: unknown = expect.stringMatching(/^png \d{4}x\d{4}$/)
    expect(await run(program, `${name}.${ending}`)).toEqual({
      code: 0,
      stderr: '',
      files: Object.fromEntries(pictures.map((picture) => [picture, aPicture])),
    })
  })

  it.skipIf(!isPossible).each(Object.keys(PICTURES))('%s says what went wrong', async (name) => {
    const { code, stderr } = await run(program, `${name}.${ending}`, 'sk-wrong')
    expect(code).not.toBe(0)
    expect(stderr).toContain('Incorrect API key provided.')
  })
})

describe('the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const section = /^## Generate, stream, edit$([^]*?)^## /m.exec(readme)?.[1] ?? ''

  it.each([
    ['js', 'js'],
    ['python', 'py'],
    ['sh', 'sh'],
  ])('shows in %s what the examples do', (language, ending) => {
    const block = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(section)?.[1] ?? ''
    const examples = Object.keys(PICTURES).map((name) => readFileSync(join(EXAMPLES, `${name}.${ending}`), 'utf8'))
    const [setUp = '', ...parts] = block.trim().split('\n\n')
    expect(setUp).toContain('http://localhost:8080/v1')
    for (const example of examples) expect(example).toContain('http://localhost:8080/v1')
    expect(parts).toHaveLength(examples.length)
    for (const [index, part] of parts.entries()) expect(examples[index]).toContain(part)
  })

  it('links to each of them', () => {
    const files = readdirSync(EXAMPLES).filter((file) => /\.(js|py|sh)$/.test(file))
    expect(files).toHaveLength(9)
    expect(files.filter((file) => !section.includes(`(examples/${file})`))).toEqual([])
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDER = join(ROOT, '.github/workflows')
const workflows = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }))
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts,
)

describe('the workflows', () => {
  it.each(workflows)('use actions by their digest, with the version beside it, in $name', ({ text }) => {
    const uses = [...text.matchAll(/uses: (.+)/g)].map(([, action = '']) => action)
    expect(uses.length).toBeGreaterThan(0)
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it.each(workflows)('may read the repository and no more, unless a job says so, in $name', ({ text }) => {
    expect(text).toMatch(/^permissions:\n {2}contents: read$/m)
    expect(text).not.toMatch(/write-all|pull_request_target/)
    expect(text.match(/uses: actions\/checkout/g)?.length).toBe(text.match(/persist-credentials: false/g)?.length)
  })

  it.each(workflows)('run only scripts that there are, in $name', ({ text }) => {
    const used = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script)
    expect(used.filter((script) => !scripts.includes(script))).toEqual([])
  })

  it('try each Node that the package may meet', () => {
    expect(readFileSync(join(FOLDER, 'ci.yml'), 'utf8')).toContain("node: ['22.19', '24', '26']")
  })
})

describe('.ci/run', () => {
  it('runs only scripts that there are', () => {
    const used = [...readFileSync(join(ROOT, '.ci/run'), 'utf8').matchAll(/npm (?:run )?([\w:]+)/g)]
    const words = used.map(([, word = '']) => word).filter((word) => !['ci', 'test', 'install'].includes(word))
    expect(words.filter((word) => !scripts.includes(word))).toEqual([])
  })
})

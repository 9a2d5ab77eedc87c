import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/**
 * A comment that begins with one of these has a clause for its subject, and the reader must guess what is meant:
 * "The bytes of one answer", not "What its clients have been given". Questions are no riddles.
 */
const RIDDLE = /^(?:What|Whose|Whoever|Whatever|Where|Who)\b(?!.*\?)/

/** Folders of programs. */
const FOLDERS = ['src', 'sandbox', 'bench', 'test'] as const

/** The comment lines of a program, without the marks around them: line number → text. */
function commentsOf(code: string): Map<number, string> {
  const comment = /(?:^\s*(?:\/\*\*?|\*)|(?:^|\s)\/\/)\s+(.*)/
  const texts = code.split('\n').map((line, index) => [index + 1, comment.exec(line)?.[1] ?? ''] as const)
  return new Map(texts.filter(([, text]) => text !== ''))
}

function riddlesIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      [...commentsOf(readFileSync(join(ROOT, folder, name), 'utf8'))]
        .filter(([, text]) => RIDDLE.test(text))
        .map(([line, text]) => `${folder}/${name}:${line} ${text}`),
    )
}

/** The sentences of a page: without headings, heads of tables, and code. */
function sentencesOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/^#.*$/gm, '')
    .replaceAll(/^\|.*\n(?=\|---)/gm, '')
  return text.split(/\n\s*(?:[-*]|\d+\.)?\s*|\||(?<=[.:;])\s+/).map((part) => part.replaceAll('**', '').trim())
}

function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  const inDocs = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs]
}

describe('the comments', () => {
  it.each(FOLDERS)('name their subject, in %s', (folder) => {
    expect(riddlesIn(folder)).toEqual([])
  })

  it('are found at the beginning of a line, behind code, and inside of blocks', () => {
    const code = ['/** one */', '/**', ' * two', ' */', '  // three', "const url = 'https://four' // five"].join('\n')
    expect([...commentsOf(code).values()]).toEqual(['one */', 'two', 'three', 'five'])
  })
})

describe('the pages', () => {
  it('name their subject in every sentence', () => {
    const riddles = pages().flatMap((page) =>
      sentencesOf(page)
        .filter((sentence) => /^(?:What|Whose|Whoever|Whatever|Who)\b(?!.*\?)/.test(sentence))
        .map((sentence) => `${page}: ${sentence}`),
    )
    expect(riddles).toEqual([])
  })
})

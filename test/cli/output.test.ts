import { afterEach, expect, it, vi } from 'vitest'
import { printRows } from '../../src/cli/output.ts'
import type { Column } from '../../src/cli/output.ts'

interface Row {
  readonly model: string
  readonly images: number
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'model', title: 'Model', value: ({ model }) => model },
  { name: 'images', title: 'Images', align: 'right', value: ({ images }) => images },
]

afterEach(() => vi.restoreAllMocks())

function printed(rows: readonly Row[]): string {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  printRows(rows, COLUMNS, {}, 'Nothing.')
  return write.mock.calls.map(([text]) => String(text)).join('')
}

it('a table is aligned by the columns of a terminal: wide characters take two, combining ones none', () => {
  const rows = ['draft', '下書き', 'e\u0301te\u0301', '🎨 art', 'ﾃｽﾄ'].map((model, index) => ({
    model,
    images: 10 ** index,
  }))
  expect(printed(rows)).toBe(
    [
      'Model   Images',
      'draft        1',
      '下書き      10',
      'e\u0301te\u0301        100',
      '🎨 art    1000',
      'ﾃｽﾄ      10000',
      '',
    ].join('\n'),
  )
})

it('a table without rows is a sentence', () => {
  expect(printed([])).toBe('Nothing.\n')
})

import { DIRECT } from '../works/results.ts'
import { WORKS } from '../works/table.ts'
import { figureOf, number, titleOf } from './wording.ts'
import type { Results, WorkResult } from '../works/results.ts'
import type { FigureName, Work } from '../works/work.ts'

/** Sizes in pixels. */
const WIDTH = 880
const PANEL_WIDTH = 430
const LABEL_WIDTH = 178
const VALUE_WIDTH = 62
const BAR_HEIGHT = 13
const ROW_HEIGHT = 18
const HEAD_HEIGHT = 44
const GAP = 16
const COLUMNS = 2

const UNITS: Readonly<Record<FigureName, string>> = {
  rate: 'requests/s, more is better',
  megabytesPerSecond: 'MB/s, more is better',
  p95: 'p95 in ms, less is better',
  seconds: 'seconds, less is better',
}

/** Colours for light and for dark surroundings; text and bars keep a contrast of 4.5 and 3. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 13px }
  .unit, .absent { fill: #57606a; font-size: 11px }
  .own { fill: #0969da } .direct { fill: #8c959f } .other { fill: #bf8700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .unit, .absent { fill: #9198a1 }
    .own { fill: #4493f8 } .direct { fill: #656c76 } .other { fill: #d29922 }
  }`

/** Draws the figure that counts in each work as bars, one panel a work. */
export function pictureOf({ works, systems }: Results): string {
  const panels = works.flatMap((result) => {
    const work = WORKS.find(({ id }) => id === result.work)
    return work === undefined ? [] : [panelOf(work, result, (id) => titleOf(id, systems))]
  })
  const heights = [0, 0]
  const placed = panels.map(({ height, content }) => {
    const column = (heights[0] ?? 0) <= (heights[1] ?? 0) ? 0 : 1
    const top = heights[column] ?? 0
    heights[column] = top + height + GAP
    return `<g transform="translate(${column * (WIDTH - PANEL_WIDTH * (COLUMNS - 1))} ${top})">${content}</g>`
  })
  const height = Math.max(...heights)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Benchmark results as bars; the tables of the page have the same figures">
<style>${STYLE}
</style>
${placed.join('\n')}
</svg>
`
}

interface Panel {
  readonly height: number
  readonly content: string
}

function panelOf(work: Work, result: WorkResult, title: (id: string) => string): Panel {
  const values = result.systems.map(({ system }) => figureOf(work, result, system))
  const most = Math.max(...values.map((value) => value ?? 0))
  const rows = result.systems.map(({ system }, index) => {
    const y = HEAD_HEIGHT + index * ROW_HEIGHT
    const label = `<text x="${LABEL_WIDTH - 6}" y="${y + 11}" text-anchor="end">${escaped(title(system))}</text>`
    const value = values[index]
    if (value === undefined)
      return `${label}<text class="absent" x="${LABEL_WIDTH}" y="${y + 11}">cannot, see the table</text>`
    const width = Math.max(1, (value / most) * (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH))
    const bar = `<rect class="${classOf(system)}" x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`
    return `${label}${bar}<text x="${(LABEL_WIDTH + width + 5).toFixed(1)}" y="${y + 11}">${number(value)}</text>`
  })
  const head = `<text class="title" y="14">(${work.id}) ${escaped(work.title)}</text><text class="unit" y="31">${UNITS[work.figure]}</text>`
  return { height: HEAD_HEIGHT + rows.length * ROW_HEIGHT, content: head + rows.join('') }
}

function classOf(system: string): 'own' | 'direct' | 'other' {
  if (system === DIRECT) return 'direct'
  return system === 'gateway' || system === 'bare' ? 'own' : 'other'
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

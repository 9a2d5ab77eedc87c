import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dashboardJson, FILE } from '../../docker/grafana/dashboard.ts'
import { ROWS } from '../../docker/grafana/panels.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import { QUERIES } from './queries.ts'

const ROOT = join(import.meta.dirname, '../..')
const rules = readFileSync(join(ROOT, 'docker/prometheus/rules.yml'), 'utf8')
const ruleTests = readFileSync(join(ROOT, 'docker/prometheus/rules.test.yml'), 'utf8')
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)

async function knownSeries(): Promise<ReadonlySet<string>> {
  const text = await new Metrics('0').exposition()
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)/gm)]
  const recorded = [...rules.matchAll(/- record: (\S+)/g)].map(([, name = '']) => name)
  const parts = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
  )
  return new Set([...parts, ...recorded, 'up'])
}

function seriesIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:comet|process|gen_ai)[_:][\w:]+/g)].map(([name]) => name)
}

describe('the dashboard', () => {
  it('is the one that the table of panels makes', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(dashboardJson()))
  })

  it('asks for series that the gateway or a recording rule has', async () => {
    const known = await knownSeries()
    const unknown = QUERIES.flatMap(({ panel, expr }) =>
      seriesIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${panel} asks for ${name}`),
    )
    expect(unknown).toEqual([])
  })

  it('lets no two panels lie on each other, and none beyond its 24 columns', () => {
    const { panels } = JSON.parse(dashboardJson()) as { panels: { title: string; gridPos: Record<string, number> }[] }
    const cells = panels.flatMap(({ gridPos: { x = 0, y = 0, w = 0, h = 0 } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(cells.filter((cell) => Number(cell.split(',')[0]) >= 24)).toEqual([])
    expect(panels.length).toBe(Object.keys(ROWS).length + Object.values(ROWS).flat().length)
  })
})

describe('the alerts', () => {
  it('watch series that the gateway has', async () => {
    const known = await knownSeries()
    const expressions = [...rules.matchAll(/expr: (.+)/g)].map(([, expression = '']) => expression)
    expect(expressions.flatMap(seriesIn).filter((name) => !known.has(name))).toEqual([])
  })

  it('have each a runbook of its own name', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, heading = '']) => heading)
    expect(headings.filter((heading) => heading.startsWith('Comet'))).toEqual(alerts)
    const links = [...rules.matchAll(/runbook_url: docs\/operations\.md#(\w+)/g)].map(([, anchor]) => anchor)
    expect(links).toEqual(alerts.map((name) => name.toLowerCase()))
  })

  it('name in their runbooks only commands that there are', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
    const known = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8')
    const used = [...page.matchAll(/(?:`|exec gateway |^)comet-gateway ([a-z]+)/gm)].map(([, word = '']) => word)
    expect(used.length).toBeGreaterThan(15)
    expect(used.filter((word) => !new RegExp(`\\| \`${word}\\b`).test(known))).toEqual([])
  })

  it('have each a history in which they fire and one in which they do not', () => {
    for (const name of alerts) {
      expect(ruleTests).toContain(`name: ${name} fires`)
      expect(ruleTests).toContain(`name: ${name} does not fire`)
    }
  })
})

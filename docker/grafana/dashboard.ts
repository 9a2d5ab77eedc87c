import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROWS } from './panels.ts'
import type { Panel } from './panels.ts'

/** The dashboard that Grafana loads; `node docker/grafana/dashboard.ts` writes it from the table in panels.ts. */
export const FILE = join(import.meta.dirname, 'dashboards/comet-gateway.json')

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const COLUMNS = 24
const PANEL_HEIGHT = 8
/** Grafana's version of the dashboard's format; newer ones read it. */
const SCHEMA_VERSION = 39

/** The JSON of the dashboard, as the file has it. */
export function dashboardJson(): string {
  return `${JSON.stringify(dashboard(), undefined, 2)}\n`
}

function dashboard(): object {
  return {
    uid: 'comet-gateway',
    title: 'comet-gateway',
    description: 'Made from docker/grafana/panels.ts; change it there.',
    tags: ['comet-gateway'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: [datasourceVariable(), labelVariable('key'), labelVariable('model')] },
    annotations: { list: [] },
    panels: laidOut(),
  }
}

function datasourceVariable(): object {
  return { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus', hide: 0, refresh: 1 }
}

function labelVariable(label: 'key' | 'model'): object {
  const query = `label_values(comet_requests_total, ${label})`
  const all = { includeAll: true, multi: true, allValue: '.*', current: { text: ['All'], value: ['$__all'] } }
  return { name: label, type: 'query', label, datasource: DATASOURCE, query, refresh: 2, sort: 1, hide: 0, ...all }
}

/** Rows one below the other, the panels of a row from left to right. */
function laidOut(): object[] {
  const panels: object[] = []
  let y = 0
  for (const [title, row] of Object.entries(ROWS)) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: place(0, y++, 24, 1),
    })
    let x = 0
    for (const panel of row) {
      if (x + panel.width > COLUMNS) {
        x = 0
        y += PANEL_HEIGHT
      }
      panels.push(panelJson(panel, panels.length + 1, place(x, y, panel.width, PANEL_HEIGHT)))
      x += panel.width
    }
    y += PANEL_HEIGHT
  }
  return panels
}

function place(x: number, y: number, w: number, h: number): object {
  return { x, y, w, h }
}

function panelJson({ title, kind, unit, says, queries }: Panel, id: number, gridPos: object): object {
  return {
    id,
    type: kind,
    title,
    description: says,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0, ...(unit === 'percentunit' ? { max: 1 } : {}) }, overrides: [] },
    options: kind === 'timeseries' ? {} : { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      range: kind === 'timeseries',
      instant: kind !== 'timeseries',
    })),
  }
}

if (import.meta.main) writeFileSync(FILE, dashboardJson())

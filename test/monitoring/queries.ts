import { ROWS } from '../../docker/grafana/panels.ts'

/** A query of the dashboard, as Prometheus is asked. */
export interface DashboardQuery {
  readonly panel: string
  readonly expr: string
}

const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: '1m',
  $__range: '5m',
  $key: '.*',
  $model: '.*',
}

/** Every query of the dashboard, its variables filled in as Grafana does. */
export const QUERIES: readonly DashboardQuery[] = Object.values(ROWS).flatMap((row) =>
  row.flatMap(({ title, queries }) =>
    Object.values(queries).map((query) => ({
      panel: title,
      expr: Object.entries(VARIABLES).reduce((expr, [name, value]) => expr.replaceAll(name, value), query),
    })),
  ),
)

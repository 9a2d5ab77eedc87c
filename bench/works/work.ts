import type { GeneratedLoad } from '../load/generator.ts'
import type { ClosedLoop } from '../load/wrk.ts'
import type { UpstreamKind } from '../upstream/upstream.ts'

/** How long and how often a work is done. */
export interface Pace {
  readonly seconds: number
  readonly rounds: number
  readonly warmUpSeconds: number
}

/** The extent of a run. */
export type Extent = 'full' | 'quick' | 'short'

export type WorkLoad =
  | Omit<ClosedLoop, 'seconds'>
  | { readonly kind: 'open'; readonly perSecond: number; readonly isFirstEvent?: true }
  | { readonly kind: 'at once'; readonly count: Readonly<Record<Extent, number>> }

/** One kind of work that the systems are given. */
export interface Work {
  readonly id: string
  readonly title: string
  /** The sentence of the page about it. */
  readonly what: string
  readonly upstream: (extent: Extent) => UpstreamKind
  readonly path: string
  readonly body: () => Buffer | string
  /** Default JSON. */
  readonly contentType?: string
  readonly load: WorkLoad
  readonly pace: Readonly<Record<Extent, Pace>>
  /** Requests at once of which the bytes are compared; default 4. */
  readonly compared?: number
  /** A body for that comparison, where it differs from that of the load. */
  readonly comparedBody?: () => Buffer
  /** The figure that counts: the one of the picture, the targets and the ratios. */
  readonly figure: FigureName
  /** The only systems that can do it; the upstream itself is then none of them. */
  readonly systems?: readonly string[]
}

export type FigureName = 'rate' | 'megabytesPerSecond' | 'p95' | 'seconds'

/** The load of one round. */
export function loadOf({ load }: Work, seconds: number, extent: Extent): ClosedLoop | GeneratedLoad {
  if (load.kind === 'at once') return { kind: 'at once', count: load.count[extent] }
  return { ...load, seconds }
}

/** The names of a metric's labels, in order. */
export type LabelNames = readonly string[]
/** A value for each of them, in the same order. */
export type LabelValues<N extends LabelNames> = { readonly [I in keyof N]: string | number }

interface Node<T> {
  readonly next: Map<string | number, Node<T>>
  series: T | undefined
}

interface Described<T> {
  readonly labels: Readonly<Record<string, string | number>>
  readonly series: T
}

/** One value as prom-client's registry writes it out; `sharedLabels` follow `labels`. */
export interface ExposedValue {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly sharedLabels?: Readonly<Record<string, string | number>>
  readonly value: number
}

export interface MetricOptions<N extends LabelNames> {
  readonly name: string
  readonly help: string
  readonly labelNames: N
}

/**
 * The series of one metric, found through nested Maps, one for each label. prom-client sorts, joins and checks the labels at
 * every change, which took a tenth of a small request (decision 31). A registry of prom-client writes them out.
 */
abstract class Metric<N extends LabelNames, T> {
  abstract readonly type: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labelNames: N
  protected readonly all: Described<T>[] = []
  readonly #root: Node<T> = { next: new Map(), series: undefined }

  constructor({ name, help, labelNames }: MetricOptions<N>) {
    this.name = name
    this.help = help
    this.labelNames = labelNames
  }

  protected abstract newSeries(): T
  protected abstract exposed(series: Described<T>): readonly ExposedValue[]

  /** Called by the registry at a scrape. */
  get(): { name: string; help: string; type: string; values: readonly ExposedValue[] } {
    const { name, help, type } = this
    return { name, help, type, values: this.all.flatMap((series) => this.exposed(series)) }
  }

  protected seriesOf(values: LabelValues<N>): T {
    let node = this.#root
    for (const value of values) {
      let next = node.next.get(value)
      if (next === undefined) node.next.set(value, (next = { next: new Map(), series: undefined }))
      node = next
    }
    return (node.series ??= this.#add(values))
  }

  #add(values: LabelValues<N>): T {
    const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? '']))
    const series = this.newSeries()
    this.all.push({ labels, series })
    return series
  }
}

interface Sum {
  value: number
}

abstract class Summed<N extends LabelNames> extends Metric<N, Sum> {
  constructor(options: MetricOptions<N>) {
    super(options)
    if (options.labelNames.length === 0) this.add([] as unknown as LabelValues<N>, 0) // it has one series, always
  }

  add(values: LabelValues<N>, amount: number): void {
    this.seriesOf(values).value += amount
  }

  protected newSeries(): Sum {
    return { value: 0 }
  }

  protected exposed({ labels, series: { value } }: Described<Sum>): readonly ExposedValue[] {
    return [{ labels, value }]
  }
}

/** A sum that only grows. */
export class Counter<N extends LabelNames> extends Summed<N> {
  readonly type = 'counter'
}

/** A number that rises and falls. */
export class Gauge<N extends LabelNames> extends Summed<N> {
  readonly type = 'gauge'

  set(values: LabelValues<N>, value: number): void {
    this.seriesOf(values).value = value
  }
}

interface Observed {
  sum: number
  count: number
  /** How many were in each bucket alone; the last one has those above all bounds. */
  readonly inBucket: number[]
}

/** How many of the values were up to each bound. */
export class Histogram<N extends LabelNames> extends Metric<N, Observed> {
  readonly type = 'histogram'
  readonly #bounds: readonly number[]

  /** @param bounds ascending */
  constructor(options: MetricOptions<N>, bounds: readonly number[]) {
    super(options)
    this.#bounds = bounds
  }

  observe(values: LabelValues<N>, value: number): void {
    const observed = this.seriesOf(values)
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    observed.inBucket[bucket] = (observed.inBucket[bucket] ?? 0) + 1
    observed.sum += value
    observed.count++
  }

  protected newSeries(): Observed {
    return { sum: 0, count: 0, inBucket: Array<number>(this.#bounds.length + 1).fill(0) }
  }

  protected exposed({ labels: sharedLabels, series }: Described<Observed>): readonly ExposedValue[] {
    const of = (part: string, labels: ExposedValue['labels'], value: number): ExposedValue => ({
      metricName: `${this.name}_${part}`,
      labels,
      sharedLabels,
      value,
    })
    let upTo = 0
    const buckets = this.#bounds.map((le, bucket) => of('bucket', { le }, (upTo += series.inBucket[bucket] ?? 0)))
    const { count, sum } = series
    return [...buckets, of('bucket', { le: '+Inf' }, count), of('sum', {}, sum), of('count', {}, count)]
  }
}

import { DIRECT, median, mediansOf } from '../works/results.ts'
import { kilobytesEach } from './wording.ts'
import type { Measured, Medians, Results } from '../works/results.ts'

/** The figures of a run, as a target asks for them; undefined where one was not measured. */
interface Reading {
  readonly medians: (work: string, system: string) => Medians | undefined
  readonly measured: (work: string, system: string) => Measured | undefined
  readonly startMs: number | undefined
}

interface Target {
  readonly work: string
  readonly title: string
  readonly unit: string
  readonly atLeast?: number
  readonly atMost?: number
  readonly read: (reading: Reading) => number | undefined
}

type Name = 'rate' | 'megabytesPerSecond'

const times =
  (work: string, name: Name, other: string) =>
  ({ medians }: Reading): number | undefined => {
    const [own, others] = [medians(work, 'gateway')?.[name], medians(work, other)?.[name]]
    return own === undefined || others === undefined ? undefined : own / others
  }

const own =
  (work: string, name: keyof Medians) =>
  ({ medians }: Reading): number | undefined => {
    const value = medians(work, 'gateway')?.[name]
    return typeof value === 'number' && !Number.isNaN(value) ? value : undefined
  }

const over =
  (work: string, name: 'p95' | 'p99') =>
  ({ medians }: Reading): number | undefined => {
    const [with_, without] = [medians(work, 'gateway')?.[name], medians(work, DIRECT)?.[name]]
    return with_ === undefined || without === undefined ? undefined : with_ - without
  }

const TARGETS: readonly Target[] = [
  { work: 'a', title: 'rate, against nginx as it comes', unit: '×', atLeast: 0.38, read: times('a', 'rate', 'nginx') },
  { work: 'a', title: 'rate, against Portkey', unit: '×', atLeast: 6, read: times('a', 'rate', 'portkey') },
  { work: 'a', title: 'CPU of a request', unit: 'ms', atMost: 0.11, read: own('a', 'cpuPer1000') },
  { work: 'a', title: 'p99', unit: 'ms', atMost: 15, read: own('a', 'p99') },
  {
    work: 'b',
    title: 'rate, against nginx with large buffers',
    unit: '×',
    atLeast: 0.8,
    read: times('b', 'rate', 'nginx-tuned'),
  },
  { work: 'b', title: 'rate, against Portkey', unit: '×', atLeast: 12, read: times('b', 'rate', 'portkey') },
  { work: 'b', title: 'CPU of 1,000 answers', unit: 's', atMost: 1.6, read: own('b', 'cpuPer1000') },
  {
    work: 'c',
    title: 'peak memory',
    unit: 'MB',
    atMost: 160,
    read: ({ measured }) => measured('c', 'gateway')?.peakMb,
  },
  {
    work: 'c',
    title: 'throughput, against nginx with large buffers',
    unit: '×',
    atLeast: 0.8,
    read: times('c', 'megabytesPerSecond', 'nginx-tuned'),
  },
  { work: 'd2', title: 'p95 over direct', unit: 'ms', atMost: 4, read: over('d2', 'p95') },
  { work: 'd2', title: 'p99 over direct', unit: 'ms', atMost: 10, read: over('d2', 'p99') },
  {
    work: 'e',
    title: 'memory of a request in flight',
    unit: 'KB',
    atMost: 20,
    read: ({ measured }) => eachOf(measured('e', 'gateway')),
  },
  { work: 'e', title: 'until all are answered', unit: 's', atMost: 9.5, read: own('e', 'seconds') },
  {
    work: 'f1',
    title: 'throughput, against nginx with large buffers',
    unit: '×',
    atLeast: 0.85,
    read: times('f1', 'megabytesPerSecond', 'nginx-tuned'),
  },
  { work: 'f2', title: 'p95 of the first event over direct', unit: 'ms', atMost: 5, read: over('f2', 'p95') },
  {
    work: 'g',
    title: 'throughput, against nginx as it comes',
    unit: '×',
    atLeast: 0.7,
    read: times('g', 'megabytesPerSecond', 'nginx'),
  },
  {
    work: 'h',
    title: 'rate, against a bare Fastify route',
    unit: '×',
    atLeast: 0.7,
    read: times('h', 'rate', 'fastify'),
  },
  {
    work: 'i',
    title: 'rate, against nginx with large buffers',
    unit: '×',
    atLeast: 0.7,
    read: times('i', 'rate', 'nginx-tuned'),
  },
  { work: 'start', title: 'start to the first answer, warm', unit: 'ms', atMost: 350, read: ({ startMs }) => startMs },
]

/** A target beside the figure of a run. */
export interface Outcome {
  readonly work: string
  readonly title: string
  readonly unit: string
  /** Such as `≥ 0.38`. */
  readonly target: string
  readonly value: number | undefined
  readonly isReached: boolean
}

/** Holds a run against the targets; a quick or short one has other loads, and is held against none. */
export function outcomesOf({ extent, works, startMs }: Results): readonly Outcome[] {
  if (extent !== 'full') return []
  const measured = (work: string, system: string): Measured | undefined =>
    works.find((one) => one.work === work)?.systems.find((one) => one.system === system)
  const medians = (work: string, system: string): Medians | undefined => {
    const found = measured(work, system)
    return found && mediansOf(found)
  }
  const reading: Reading = { measured, medians, startMs: startMs.length === 0 ? undefined : median(startMs) }
  return TARGETS.map(({ work, title, unit, atLeast, atMost, read }) => {
    const value = read(reading)
    const isReached = value !== undefined && value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity)
    const target = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
    return { work, title, unit, target, value, isReached }
  })
}

function eachOf(measured: Measured | undefined): number | undefined {
  const each = measured === undefined ? Number.NaN : kilobytesEach(measured)
  return Number.isFinite(each) ? each : undefined
}

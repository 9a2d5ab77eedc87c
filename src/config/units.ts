import { z } from 'zod'

type Units = readonly (readonly [unit: string, size: number])[]

/** Smallest first. Powers of 1024 alone: a `GB` means either to different people. */
const SIZES: Units = [
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
]
const TIMES: Units = [
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]

/** A size of the range in bytes: a whole number, alone or with KiB, MiB, GiB or TiB. */
export const bytes = (min: number, max: number) =>
  quantity(
    SIZES,
    [min, max],
    `must be a size from ${formatBytes(min)} to ${formatBytes(max)}: bytes, or a whole number with KiB, MiB, GiB or TiB`,
  ).meta({ unit: 'bytes' })

/** A time of the range in milliseconds: a whole number, alone or with ms, s, m, h or d. */
export const time = (min: number, max: number) =>
  quantity(
    TIMES,
    [min, max],
    `must be a time from ${formatTime(min)} to ${formatTime(max)}: milliseconds, or a whole number with ms, s, m, h or d`,
  ).meta({ unit: 'ms' })

function quantity(units: Units, [min, max]: readonly [number, number], message: string) {
  const sizeOf = (unit: string): number | undefined =>
    unit === '' ? 1 : units.find(([name]) => name.toLowerCase() === unit.toLowerCase())?.[1]
  return z
    .string()
    .regex(/^\d+ ?[a-z]*$/i, message)
    .transform((text) => Number.parseInt(text, 10) * (sizeOf(text.replace(/^\d+ ?/, '')) ?? Number.NaN))
    .refine((value) => value >= min && value <= max, message)
}

/** A number of bytes in the largest unit that gives a whole number: `64MiB`; 0 and odd numbers as they are. */
export function formatBytes(count: number): string {
  return format(count, SIZES)
}

/** Milliseconds in the largest unit that gives a whole number: `10m`. */
export function formatTime(ms: number): string {
  return format(ms, TIMES)
}

function format(value: number, units: Units): string {
  const [unit, size] = (value === 0 ? undefined : units.findLast(([, of]) => value % of === 0)) ?? ['', 1]
  return `${value / size}${unit}`
}

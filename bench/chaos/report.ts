import { OPEN_FILES, sumOf } from './gateway.ts'
import type { Result } from './chaos.ts'

const MEMORY_LIMIT_MB = 450
const STOP_LIMIT_MS = 3000
const PROBLEMS_SHOWN = 20

const usd = (micros: number): string => `$${(micros / 1e6).toFixed(6)}`

/** Prints the figures. False where one of them is off. */
export function report(result: Result): boolean {
  const { tally, metrics, bookings } = result
  const count = (name: string): number => sumOf(metrics, name)
  const rows: [string, string | number][] = [
    ['orders', result.requests],
    ['requests of clients', result.sent],
    ['requests upstream', result.upstreamRequests],
    ['sent again by the gateway', count('comet_upstream_retries_total')],
    ['purchases', tally.purchases],
    ['adopted', count('comet_adoptions_total')],
    ['409 answer_not_kept, ordered again', tally.again],
    ['ambiguous failures', `${bookings.unknown} upstream, ${count('comet_ambiguous_failures_total')} counted`],
    ['answers obtained', tally.obtained],
    ['  verified, byte by byte', tally.verified],
    ['refused by the upstream', tally.refused],
    ['failed: the image may exist', tally.failed],
    ['gave up before the answer was there', tally.tooLate],
    ['left for good', tally.left],
    ['purchased', usd(bookings.purchasedMicros)],
    ['to be booked', `${usd(bookings.expectedMicros)}, unknown outcomes at their highest cost`],
    ['booked', usd(bookedMicros(result))],
    ['outages of the upstream', result.outages],
    ['longest answer to /healthz', `${Math.round(result.longestHealthzMs)} ms`],
    ['descriptors, disk of the gateway', `${OPEN_FILES}, ${result.diskSize}`],
    ['peak memory', `${result.peakMemoryMb} MB`],
    ...Object.entries(result.leftovers).map(([name, left]): [string, number] => [`left: ${name}`, left]),
    ['stopped', `exit code ${result.stopped.code} after ${Math.round(result.stopped.ms)} ms`],
    ['took', `${Math.round(result.seconds)} s, seed ${result.seed}`],
  ]
  for (const [name, value] of rows) console.log(`  ${name.padEnd(38)} ${value}`)
  const problems = [...offFigures(result), ...result.problems]
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`  OFF: ${problem}`)
  if (problems.length > PROBLEMS_SHOWN) console.log(`  … and ${problems.length - PROBLEMS_SHOWN} more`)
  console.log(problems.length === 0 ? '  Every figure is right.' : `  ${problems.length} figures are off.`)
  return problems.length === 0
}

function bookedMicros({ metrics }: Result): number {
  return Math.round(sumOf(metrics, 'comet_cost_usd_total') * 1e6)
}

function offFigures(result: Result): string[] {
  const { tally, requests, metrics, bookings, stopped, peakMemoryMb, leftovers } = result
  const tooMuch = bookedMicros(result) - bookings.expectedMicros
  const counted = sumOf(metrics, 'comet_ambiguous_failures_total')
  const checks: [boolean, string][] = [
    [tally.purchases <= requests + tally.again, 'more purchases than orders'],
    [tooMuch === 0, `booked ${usd(tooMuch)} too much`],
    [counted === bookings.unknown, `${counted} ambiguous failures counted, not ${bookings.unknown}`],
    [peakMemoryMb <= MEMORY_LIMIT_MB, `more than ${MEMORY_LIMIT_MB} MB of memory`],
    [stopped.code === 0, `exit code ${stopped.code}`],
    [stopped.ms <= STOP_LIMIT_MS, `took ${Math.round(stopped.ms)} ms to stop with nothing under way`],
    ...Object.entries(leftovers).map(([name, left]): [boolean, string] => [left === 0, `${left} ${name} left`]),
  ]
  const off = checks.filter(([isRight]) => !isRight).map(([, what]) => what)
  return [...off, ...bookings.wrong.map((what) => `booked wrongly: ${what}`)]
}

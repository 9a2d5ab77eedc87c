import { median } from '../works/results.ts'
import { outcomesOf } from './targets.ts'
import { number } from './wording.ts'
import type { Results } from '../works/results.ts'

/** Prints the targets beside the figures of a run. */
export function printOutcomes(results: Results): void {
  if (results.startMs.length > 0) console.log(`\nStart to the first answer: ${median(results.startMs)} ms`)
  const known = outcomesOf(results).filter(({ value }) => value !== undefined)
  if (known.length === 0) return
  console.log('\nTargets')
  for (const { work, title, target, unit, value, isReached } of known)
    console.log(`  ${isReached ? '✓' : '✗'} (${work}) ${title}: ${number(value ?? Number.NaN)} ${unit} (${target})`)
}

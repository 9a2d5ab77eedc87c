import { writeFileSync } from 'node:fs'
import { stopAll, stopOnSignals } from './machine/children.ts'
import { machineFacts } from './machine/facts.ts'
import { pinMyself } from './machine/pinning.ts'
import { HELP, WrongOption, readOptions } from './options.ts'
import { writePage, writeResults } from './report/page.ts'
import { printOutcomes } from './report/outcomes.ts'
import { Progress, printWork } from './report/terminal.ts'
import { perform } from './works/perform.ts'
import { isInstalled } from './systems/install.ts'
import { WORKS } from './works/table.ts'
import { measureStart } from './works/start.ts'
import type { Options } from './options.ts'
import type { System } from './systems/system.ts'
import type { Results, SystemFacts, WorkResult } from './works/results.ts'

/** npm run bench: see HELP in options.ts. Ends with 1 when the gateway failed at a work or gave wrong bytes. */
const TOOLS = [
  ['nginx', 'nginx-light'],
  ['wrk', 'wrk'],
  ['openssl', 'openssl'],
] as const
const options = optionsOf(process.argv.slice(2))
if (options?.isPageOnly === true) writePage()
else if (options !== undefined) await main(options)

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const read = readOptions(args)
    if (read === undefined) console.log(HELP)
    return read
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error
    console.error(`${error.message}\nSee npm run bench -- --help.`)
    process.exitCode = 2
    return undefined
  }
}

async function main(chosen: Options): Promise<void> {
  const missing = missingTools()
  if (missing.length > 0) {
    console.error(`The benchmark needs more programs (Debian: apt-get install ${missing.join(' ')}).`)
    process.exitCode = 1
    return
  }
  stopOnSignals()
  try {
    const results = await run(chosen)
    if (chosen.out !== undefined) writeFileSync(chosen.out, `${JSON.stringify(results, undefined, 1)}\n`)
    if (chosen.isWritten) writeResults(results)
    if (results.works.some(failed)) process.exitCode = 1
  } finally {
    await stopAll()
  }
}

async function run({ extent, works, systems, leftOut, mayInstall }: Options): Promise<Results> {
  const startedAt = performance.now()
  const machine = machineFacts()
  pinMyself()
  if (!machine.isPinned) console.log('No taskset, or one core: load and systems share it, so read the ratios only.')
  const prepared: { readonly system: System; readonly missing: string | undefined }[] = []
  // One after the other: apt-get runs once at a time.
  for (const system of systems) prepared.push({ system, missing: await system.prepare(mayInstall) })
  const facts = [
    ...prepared.map(({ system, missing }) => factsOf(system, missing)),
    ...leftOut.map((system) => factsOf(system, `left out of a ${extent} run`)),
  ]
  for (const { title, missing } of facts) if (missing !== undefined) console.log(`${title}: ${missing}`)

  const able = prepared.flatMap(({ system, missing }) => (missing === undefined ? [system] : []))
  const progress = new Progress(works)
  const done: WorkResult[] = []
  for (const work of works) {
    progress.began(work)
    const result = await perform(work, { extent, systems: able, onStep: (step) => progress.step(step) })
    progress.ended()
    printWork(work, result, facts)
    done.push(result)
  }
  const startMs = works.length === WORKS.length ? await measureStart(extent) : []
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const results = { extent, machine, seconds, systems: facts, works: done, startMs }
  printOutcomes(results)
  return results
}

/** The Debian packages of what every run needs and this machine lacks. */
function missingTools(): readonly string[] {
  return TOOLS.filter(([program]) => !isInstalled(program)).map(([, name]) => name)
}

function factsOf(system: System, missing: string | undefined): SystemFacts {
  const { id, title, settings, fairness } = system
  if (missing !== undefined) return { id, title, settings, fairness, version: '', missing }
  return { id, title, settings, fairness, version: system.version() }
}

/** Nobody but the gateway is held to its bytes: what others cannot do is a result. */
function failed({ systems }: WorkResult): boolean {
  const own = systems.find(({ system }) => system === 'gateway')
  return own !== undefined && (own.missing !== undefined || own.rounds.some(({ errors }) => errors > 0))
}

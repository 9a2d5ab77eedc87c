import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { generate } from '../load/generator.ts'
import { closedLoop } from '../load/wrk.ts'
import { start, stopAll, stopOnSignals } from '../machine/children.ts'
import { pinMyself } from '../machine/pinning.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { untilReady } from '../machine/ready.ts'
import { startFull } from '../systems/gateway.ts'
import { startUpstream } from '../upstream/upstream.ts'
import { targetOf } from '../works/contestant.ts'
import { WORKS } from '../works/table.ts'
import { loadOf } from '../works/work.ts'
import { Inspector } from './inspector.ts'
import { summaryOf } from './summary.ts'
import type { Work } from '../works/work.ts'
import type { Share, Summary } from './summary.ts'

/**
 * npm run bench:profile [-- --only b] [--seconds 8] [--out FILE]: loads the gateway with one work of the benchmark,
 * everything on, and writes a CPU profile of its main thread.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'a' },
    seconds: { type: 'string', default: '8' },
    out: { type: 'string', default: 'gateway.cpuprofile' },
  },
})
const READY_MS = 30_000
const WARM_UP_SECONDS = 4
const INTERVAL_MICROS = 250

const work = WORKS.find(({ id }) => id === values.only)
if (work === undefined)
  throw new Error(`There is no work '${values.only}'. There are: ${WORKS.map(({ id }) => id).join(', ')}.`)
stopOnSignals()
pinMyself()
const directory = mkdtempSync(join(tmpdir(), 'comet-profile-'))
try {
  print(await profile(work))
} finally {
  await stopAll()
  rmSync(directory, { recursive: true, force: true })
}

async function profile(chosen: Work): Promise<Summary> {
  const own = join(directory, 'gateway')
  mkdirSync(own)
  const upstream = await startUpstream(chosen.upstream('quick'), join(directory, 'upstream'), await freePort())
  const [port, inspectorPort] = [await freePort(), await freePort()]
  const inspect = [`--inspect=127.0.0.1:${inspectorPort}`]
  const { launch, headers = {} } = await startFull({ port, upstream, directory: own }, inspect)
  const url = `http://127.0.0.1:${port}`
  await untilReady(start('system', launch, join(own, 'log')), url, READY_MS)
  const load = async (seconds: number): Promise<number> => {
    const task = loadOf(chosen, seconds, 'quick')
    const target = targetOf(chosen, url, headers)
    const figures = await (task.kind === 'closed'
      ? closedLoop(target, task, directory)
      : generate(target, task, directory))
    return figures.requests / figures.seconds
  }
  console.log(`(${chosen.id}) ${chosen.title}: warming up`)
  await load(WARM_UP_SECONDS)
  const inspector = await Inspector.connect(inspectorPort)
  await inspector.startProfile(INTERVAL_MICROS)
  const rate = await load(Number(values.seconds))
  const found = await inspector.stopProfile()
  inspector.close()
  writeFileSync(values.out, JSON.stringify(found))
  console.log(`${rate.toFixed(0)} requests/s under the profiler; written to ${values.out}`)
  return summaryOf(found)
}

function print({ idle, byRoom, byFile, byFunction }: Summary): void {
  console.log(`${percent(idle)} of the time idle; of the rest:`)
  const lists: readonly (readonly [string, readonly Share[], number])[] = [
    ['by room or package', byRoom, 14],
    ['by file', byFile, 20],
    ['by function', byFunction, 25],
  ]
  for (const [title, shares, most] of lists) {
    console.log(styleText('bold', `\n${title}`))
    for (const { name, share } of shares.slice(0, most)) console.log(`${percent(share).padStart(7)}  ${name}`)
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

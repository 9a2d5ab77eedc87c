import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import type { ChildProcess } from 'node:child_process'

/**
 * npm run test:repeat -- 20 [--busy 5]: runs the suite so many times, the last ones of them (a quarter, or as many as
 * `--busy` says) beside a busy loop on every core. A line for each run; what a failed one printed is kept in a file.
 * Exit code 1 where a run failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { busy: { type: 'string' }, help: { type: 'boolean', default: false } },
})
const runs = Number(positionals[0] ?? 3)
const busyRuns = Number(values.busy ?? Math.floor(runs / 4))
if (values.help || !Number.isInteger(runs) || runs < 1 || !Number.isInteger(busyRuns) || busyRuns < 0) {
  console.error('usage: npm run test:repeat -- RUNS [--busy RUNS]')
  process.exit(values.help ? 0 : 64)
}

const LONGEST_RUN_MS = 20 * 60_000
/** Ends by itself: when its parent has ended, in whatever way, and after the longest run. */
const BUSY_LOOP = `const end = Date.now() + ${LONGEST_RUN_MS}, parent = process.ppid
while (Date.now() < end && process.ppid === parent);`

const ROOT = resolve(import.meta.dirname, '..')
const children = new Set<ChildProcess>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(130))
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

function stop(code: number): never {
  process.exit(code)
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  child.once('close', () => children.delete(child))
  return child
}

interface Run {
  readonly isGreen: boolean
  readonly output: string
  readonly seconds: number
}

async function runSuite(): Promise<Run> {
  const startedAt = performance.now()
  const child = start([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'])
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => void chunks.push(chunk))
  const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS)
  const code = await new Promise<number | null>((done) => child.once('close', done))
  clearTimeout(tooLong)
  const output = stripVTControlCharacters(Buffer.concat(chunks).toString())
  return { isGreen: code === 0, output, seconds: (performance.now() - startedAt) / 1000 }
}

/** A loop on every core; the function ends it. */
function keepBusy(): () => void {
  const loops = Array.from({ length: availableParallelism() }, () => start(['-e', BUSY_LOOP]))
  return () => {
    for (const loop of loops) loop.kill('SIGKILL')
  }
}

let failed = 0
const directory = mkdtempSync(join(tmpdir(), 'comet-repeat-'))
for (let run = 1; run <= runs; run++) {
  const isBusy = run > runs - busyRuns
  const rest = isBusy ? keepBusy() : () => {}
  const { isGreen, output, seconds } = await runSuite()
  rest()
  const tests = /^ *Tests +(.*)$/m.exec(output)?.[1] ?? 'no summary'
  const file = join(directory, `run-${run}.txt`)
  if (!isGreen) {
    failed++
    writeFileSync(file, output)
  }
  const beside = isBusy ? ' beside a busy loop on every core' : ''
  console.log(`${run} of ${runs}${beside}: ${isGreen ? 'passed' : 'FAILED'} in ${seconds.toFixed(0)} s, ${tests}`)
  if (!isGreen)
    console.log(`  ${[...output.matchAll(/^ *FAIL .*$/gm)].map(([line]) => line.trim()).join('\n  ')}\n  ${file}`)
}
console.log(`${runs - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

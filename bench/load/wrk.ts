import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output } from '../machine/children.ts'
import type { Figures, Latencies, Target } from './figures.ts'

/** A closed loop: each connection sends its next request when the answer to the last one is there. */
export interface ClosedLoop {
  readonly kind: 'closed'
  readonly connections: number
  readonly seconds: number
  /** Bytes of one answer, where they are so many that the unfinished ones at the end count too. */
  readonly answerBytes?: number
  /** Bytes of one body that goes out, where that is what is measured. */
  readonly bodyBytes?: number
  /** Every answer is meant to be an error. */
  readonly isRefused?: true
}

interface Summary {
  readonly requests: number
  readonly micros: number
  readonly bytes: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Answers of 400 and above. */
  readonly status: number
  /** Connections that failed, and answers that did not come. */
  readonly socket: number
}

/** wrk counts an answer that took longer as an error. */
const TIMEOUT_SECONDS = 60

/** Loads a target with wrk, from the core of the load. */
export async function closedLoop(target: Target, loop: ClosedLoop, directory: string): Promise<Figures> {
  const { connections, seconds, answerBytes, bodyBytes, isRefused } = loop
  const script = scriptFor(target, directory)
  const times = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', `${TIMEOUT_SECONDS}s`]
  const launch = { command: 'wrk', args: [...times, '-s', script, target.url] }
  const text = await output('load', launch, (seconds + TIMEOUT_SECONDS) * 1000)
  const json = /BENCH (\{.*\})/.exec(text)?.[1]
  if (json === undefined) throw new Error(`wrk said no figures: ${text.slice(-200)}`)
  const summary = JSON.parse(json) as Summary
  const inBytes = answerBytes === undefined ? 0 : summary.bytes / answerBytes
  const requests = Math.max(summary.requests, inBytes)
  const wrong = isRefused === true ? summary.requests - summary.status : summary.status
  const bytes = bodyBytes === undefined ? summary.bytes : requests * bodyBytes
  return {
    requests,
    errors: wrong + summary.socket,
    seconds: summary.micros / 1e6,
    megabytes: bytes / 1e6,
    ...latenciesOf(summary),
  }
}

/** wrk counts the answers that came whole: of very large ones, there may be none. */
function latenciesOf({ requests, p50, p95, p99 }: Summary): Latencies {
  return requests === 0 ? {} : { p50: p50 / 1000, p95: p95 / 1000, p99: p99 / 1000 }
}

function scriptFor({ headers, body }: Target, directory: string): string {
  const [script, bodyFile] = [join(directory, 'wrk.lua'), join(directory, 'wrk.body')]
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = ${JSON.stringify(value)}`)
  writeFileSync(bodyFile, body)
  writeFileSync(
    script,
    `wrk.method = "POST"
local file = io.open(${JSON.stringify(bodyFile)}, "rb")
wrk.body = file:read("*a")
file:close()
${lines.join('\n')}
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'BENCH {"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p95":%d,"p99":%d,"status":%d,"socket":%d}',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
`,
  )
  return script
}

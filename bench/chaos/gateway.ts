import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { canMount, MountedDisk } from '../../test/helpers/mounted-disk.ts'
import { memoryOf } from '../../test/helpers/process-memory.ts'
import { UPSTREAM_KEY } from './leaks.ts'
import type { ChildProcess } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import type { Leaks } from './leaks.ts'

const ROOT = resolve(import.meta.dirname, '../..')
export const API_KEY = 'sk-gw-chaos-0123456789'
const FATAL_LEVEL = 50

/** The members of a log line that concern a generation. */
interface LogLine {
  readonly level?: number | string
  readonly generationId?: string
  readonly upstreamRequestId?: string
  readonly failure?: string
  readonly cause?: string
  readonly costUsd?: number
}

/** A generation's booking, read from the log. */
export interface Booking {
  readonly upstreamRequestId: string | undefined
  readonly failure: string | undefined
  readonly cause: string | undefined
  readonly costMicros: number
}

/** Descriptors for a hundred clients, as many connections upstream, and some files. */
export const OPEN_FILES = 320
const DISK_MB = 24

/** The gateway under test: a process of its own with few descriptors and, where this user may mount, a small disk. */
export class GatewayProcess {
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #disk: MountedDisk | undefined
  readonly #leaks: Leaks
  readonly #agent = new Agent({ keepAlive: false })
  readonly #exited: Promise<number | null>
  #isStopping = false
  url = ''
  /** Log lines at level error and above, and everything on standard error. */
  readonly complaints: string[] = []
  readonly bookings = new Map<string, Booking>()

  constructor(upstreamUrl: string, leaks: Leaks, environment: Readonly<Record<string, string>>) {
    this.#leaks = leaks
    this.#directory = mkdtempSync(join(tmpdir(), 'comet-chaos-'))
    this.#disk = canMount() ? new MountedDisk(this.#directory) : undefined
    this.#disk?.mount(`size=${DISK_MB}m`)
    const start = `ulimit -n ${OPEN_FILES}; exec "$0" "$1"`
    this.#child = spawn('sh', ['-c', start, process.execPath, join(ROOT, 'src/main.ts')], {
      cwd: this.#directory,
      env: {
        PATH: process.env['PATH'],
        COMETAPI_KEY: UPSTREAM_KEY,
        COMETAPI_BASE_URL: upstreamUrl,
        GATEWAY_KEYS: `chaos=${API_KEY}`,
        DATA_DIR: this.#dataDir,
        PORT: '0',
        LOG_FORMAT: 'json',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exited = once(this.#child, 'exit').then(([code]) => code as number | null)
    process.once('exit', () => {
      this.#child.kill('SIGKILL')
      this.#disk?.unmount()
    })
  }

  get #dataDir(): string {
    return this.#disk?.path ?? this.#directory
  }

  /** The room it has for its files. */
  get diskSize(): string {
    return this.#disk === undefined ? 'not bounded: this user may not mount' : `${DISK_MB} MB`
  }

  /** Waits until it listens. */
  async start(): Promise<void> {
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the gateway has no output')
    stderr.on('data', (chunk: Buffer) => {
      this.#leaks.look('standard error', chunk)
      this.complaints.push(chunk.toString())
    })
    const listening = Promise.withResolvers<string>()
    createInterface({ input: stdout }).on('line', (line) => {
      this.#leaks.look('the log', line)
      const address = /listens on (http:\/\/[\d.:]+)/.exec(line)?.[1]
      if (address !== undefined) listening.resolve(address)
      const { level = 0, ...rest } = JSON.parse(line) as LogLine
      this.#note(rest)
      if (level === 'error' || level === 'fatal' || Number(level) >= FATAL_LEVEL) this.complaints.push(line)
    })
    void this.#watch(listening.reject)
    this.url = await listening.promise
  }

  /** A gateway that ends by itself ends the run. */
  async #watch(report: (error: Error) => void): Promise<void> {
    const code = await this.#exited
    if (this.#isStopping) return
    const error = new Error(`the gateway ended by itself, with ${code}:\n${this.complaints.join('\n')}`)
    if (this.url === '') return report(error)
    throw error
  }

  /** Several lines may name one generation: that of its client, of an adopter, and its own when it settles as an orphan. */
  #note({ generationId, upstreamRequestId, failure, cause, costUsd }: LogLine): void {
    if (generationId === undefined) return
    const before = this.bookings.get(generationId)
    this.bookings.set(generationId, {
      upstreamRequestId: upstreamRequestId ?? before?.upstreamRequestId,
      failure: failure ?? before?.failure,
      cause: cause ?? before?.cause,
      costMicros: Math.max(Math.round((costUsd ?? 0) * 1e6), before?.costMicros ?? 0),
    })
  }

  /** Series by name and labels, as they are printed. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const [response] = (await once(get(`${this.url}/metrics`, { agent: this.#agent }), 'response')) as [IncomingMessage]
    const body = await text(response)
    this.#leaks.look('/metrics', body)
    const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => {
        const cut = line.lastIndexOf(' ')
        return [line.slice(0, cut), Number(line.slice(cut + 1))]
      }),
    )
  }

  /** The highest cost of a request, in micro-USD. */
  async highestMicros(path: string, contentType: string, body: Buffer<ArrayBuffer>): Promise<number> {
    const route = path.endsWith('/edits') ? '/gateway/check/edits' : '/gateway/check'
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': contentType }
    const response = await fetch(this.url + route, { method: 'POST', headers, body })
    const { highest_cost_usd: usd } = (await response.json()) as { highest_cost_usd?: number }
    if (usd === undefined) throw new Error(`the gateway refuses ${body.subarray(0, 200).toString('latin1')}`)
    return Math.round(usd * 1e6)
  }

  /** Spool files that the gateway has open; their names are gone already. */
  get spoolFiles(): number {
    const directory = `/proc/${this.#child.pid}/fd`
    return readdirSync(directory).filter((fd) => {
      try {
        return readlinkSync(join(directory, fd)).includes('/spool/')
      } catch {
        return false // closed meanwhile
      }
    }).length
  }

  /** Peak resident memory so far, in MB. */
  get peakMemoryMb(): number {
    return Math.round(memoryOf(this.#child.pid ?? 0).most / 2 ** 20)
  }

  /** Sends SIGTERM; resolves with the exit code and the time until the exit. */
  async stop(): Promise<{ readonly code: number | null; readonly ms: number }> {
    const startedAt = performance.now()
    this.#isStopping = true
    this.#leaks.lookIn(this.#dataDir)
    this.#child.kill('SIGTERM')
    const code = await this.#exited
    this.#disk?.unmount()
    rmSync(this.#directory, { recursive: true, force: true })
    return { code, ms: performance.now() - startedAt }
  }
}

/** Sums a metric over its labels. */
export function sumOf(metrics: ReadonlyMap<string, number>, name: string): number {
  return [...metrics]
    .filter(([series]) => series === name || series.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0)
}

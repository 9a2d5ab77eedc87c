import { pino } from 'pino'
import { systemCode } from '../errors/system-error.ts'
import { isDoneWithin } from '../errors/time-limit.ts'
import type { DestinationStream, Logger } from 'pino'

/** Anything that is a key or looks like one. */
const KEY_LIKE = /\b(sk|pk|Bearer)[-_ ][\w.~+/=-]{8,}/gi

/** The last flush must end where nobody reads the log any more. */
const FLUSH_LIMIT_MS = 1000

/** Takes keys out of a text: the given secrets literally, and everything shaped like a key. */
export type Redactor = (text: string) => string

export function createRedactor(secrets: readonly string[]): Redactor {
  const present = spellings(secrets)
  return (text) =>
    present.reduce((safe, secret) => safe.replaceAll(secret, '[redacted]'), text).replaceAll(KEY_LIKE, '[redacted]')
}

/** The secrets as they are and as JSON writes them; the longest first, since one may begin with another. */
function spellings(secrets: readonly string[]): string[] {
  // Without its prefix a key is as good as with it.
  const bare = secrets.map((secret) => secret.replace(/^sk-/, '')).filter((secret) => secret.length >= 12)
  const all = [...secrets, ...bare].flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
  return [...new Set(all)].filter((secret) => secret !== '').toSorted((a, b) => b.length - a.length)
}

export interface LogOptions {
  readonly level: string
  readonly format: 'auto' | 'json' | 'pretty'
  /** Strings that must never be written, whatever happens. */
  readonly secrets: readonly string[]
  /** The destination of lines; default standard output. */
  readonly destination?: DestinationStream
}

export interface Logging {
  readonly logger: Logger
  /** Writes out what is buffered; waits for at most a second, since nobody may be reading any more. */
  readonly flush: () => Promise<void>
}

/**
 * The process log: JSON lines, or one readable line each on a terminal. Lines are written in the background,
 * several at a time under load. Every line passes a last check for the secrets, so that no code path can leak one.
 */
export async function createLogging({ level, format, secrets, destination }: LogOptions): Promise<Logging> {
  const usePretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  // Not made where it is not written to: it flushes every 100 ms for as long as the process lives.
  const file = destination === undefined ? standardOutput(usePretty) : undefined
  const sink = destination ?? (usePretty || file === undefined ? await prettyStream() : bytesInto(file))
  const redact = createRedactor(secrets)
  const guardedAgainst = spellings(secrets)
  const safe = (line: string): string => (guardedAgainst.some((secret) => line.includes(secret)) ? redact(line) : line)
  const guarded: DestinationStream = { write: (line) => sink.write(safe(line)) }
  const logger = pino(
    { level, base: null, timestamp: isoTimestamp, serializers: { err: (error) => describeError(error, redact) } },
    guarded,
  )
  return { logger, flush: async () => (file === undefined ? undefined : flushed(file)) }
}

/** Lines are written in batches of 64 KiB, after 100 ms at the latest. */
const BATCH = { minLength: 65_536, maxWrite: 131_072, periodicFlush: 100, contentMode: 'buffer' } as const

function standardOutput(usePretty: boolean): ReturnType<typeof pino.destination> {
  const file = pino.destination({ dest: 1, sync: usePretty, ...(usePretty ? {} : BATCH) })
  // The reader of the log may go away (EPIPE): that must neither end nor hang the process.
  file.on('error', () => {})
  return file
}

/**
 * Gives sonic-boom bytes instead of text: with text it looks through all that waits at every line, which makes a batch
 * cost its length squared (3.8 µs a line instead of 6.8; decision 31).
 */
function bytesInto(file: { readonly write: (data: never) => boolean }): DestinationStream {
  const write = file.write.bind(file) as (data: Buffer) => boolean // its types know text only
  return { write: (line) => void write(Buffer.from(line)) }
}

/** Not `flushSync`: it tries again forever where nobody reads. */
async function flushed(file: ReturnType<typeof pino.destination>): Promise<void> {
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) =>
      file.flush((error) => (error instanceof Error && !isUnsynced(error) ? reject(error) : resolve())),
    )
  // Twice: the first ends with the write that is under way, and lines may wait behind that.
  const isDone = await isDoneWithin(FLUSH_LIMIT_MS, flush().then(flush)).catch(() => false)
  // Lines that cannot be written are given up, or pino's own `flushSync` at the end of the process would hang on them.
  if (!isDone) file.destroy()
}

/** Pipes and terminals cannot be synced; what was written to them is written. */
function isUnsynced(error: Error): boolean {
  return ['EINVAL', 'ENOTSUP'].includes(systemCode(error) ?? '')
}

let stampedMs = 0
let stamp = ''

/** The time as ISO text, made once a millisecond: under load, many lines share one. */
function isoTimestamp(): string {
  const now = Date.now()
  if (now !== stampedMs) {
    stampedMs = now
    stamp = `,"time":"${new Date(now).toISOString()}"`
  }
  return stamp
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  const format = (line: Record<string, unknown>): string => readableLine(line)
  return pretty({ sync: true, hideObject: true, translateTime: 'SYS:HH:MM:ss', messageFormat: format })
}

/** `200 gpt-image-2 completed · 1024x1024 · low · 196 tokens · $0.0059 · 232 ms · req_…`: an exchange on a terminal. */
export function readableLine(line: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => (['string', 'number'].includes(typeof line[name]) ? String(line[name]) : '')
  if (line['msg'] !== 'request') return [text('msg'), text('upstream')].filter(Boolean).join(' · upstream: ')
  const { costUsd, durationMs, totalTokens, costEstimated } = line
  const parts = [
    `${text('status')} ${text('endpoint')} ${text('model')} ${text('outcome')}`,
    [text('code') || text('failure'), text('param')].filter(Boolean).join(' '),
    text('size'),
    text('quality'),
    typeof totalTokens === 'number' ? `${totalTokens} tokens` : '',
    typeof costUsd === 'number' ? `$${costUsd}${costEstimated === true ? ' (estimated)' : ''}` : '',
    typeof durationMs === 'number' ? `${Math.round(durationMs)} ms` : '',
    text('key'),
    text('requestId'),
  ]
  return parts.filter(Boolean).join(' · ')
}

interface DescribedError {
  readonly type: string
  readonly message: string
  readonly code: string | undefined
  readonly stack: string | undefined
}

/** Name, message and stack of a defect, keys taken out; its other members may hold a request and are left out. */
export function describeError(error: unknown, redact: Redactor): DescribedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: redact(printable(error)), code: undefined, stack: undefined }
  return {
    type: error.name,
    message: redact(error.message),
    code: systemCode(error),
    stack: error.stack === undefined ? undefined : redact(error.stack),
  }
}

/** The text of a thrown value that is no Error; `String` itself throws for an object without a prototype. */
function printable(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be printed'
  }
}

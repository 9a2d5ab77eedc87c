import { pino } from 'pino'
import type { DestinationStream, Logger } from 'pino'

/** Anything that is a key or looks like one. */
const KEY_LIKE = /\b(sk|pk|Bearer)[-_ ][\w.~+/=-]{8,}/gi

/** Takes keys out of a text: the given secrets literally, and everything shaped like a key. */
export type Redactor = (text: string) => string

export function createRedactor(secrets: readonly string[]): Redactor {
  const present = secrets.filter((secret) => secret !== '')
  return (text) =>
    present.reduce((safe, secret) => safe.replaceAll(secret, '[redacted]'), text).replaceAll(KEY_LIKE, '[redacted]')
}

export interface LogOptions {
  readonly level: string
  readonly format: 'auto' | 'json' | 'pretty'
  /** Strings that must never be written, whatever happens. */
  readonly secrets: readonly string[]
  /** Where lines go; default standard output. */
  readonly destination?: DestinationStream
}

export interface Logging {
  readonly logger: Logger
  /** Writes out what is buffered; for the last moment of the process. */
  readonly flush: () => void
}

/**
 * The process log: JSON lines, or one readable line each on a terminal. Lines are written in the background,
 * several at a time under load. Every line passes a last check for the secrets, so that no code path can leak one.
 */
export async function createLogging({ level, format, secrets, destination }: LogOptions): Promise<Logging> {
  const usePretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  // Lines wait up to 100 ms for company: one write for many costs a loaded gateway a quarter less than one each.
  const batch = { minLength: 8192, periodicFlush: 100 }
  const file = pino.destination({ dest: 1, sync: usePretty, ...(usePretty ? {} : batch) })
  const sink = destination ?? (usePretty ? await prettyStream() : file)
  const redact = createRedactor(secrets)
  const guarded: DestinationStream = {
    write: (line) => sink.write(secrets.some((secret) => line.includes(secret)) ? redact(line) : line),
  }
  const logger = pino(
    { level, base: null, timestamp: isoTimestamp, serializers: { err: (error) => describeError(error, redact) } },
    guarded,
  )
  return { logger, flush: () => file.flushSync() }
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
  return pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' })
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
    return { type: typeof error, message: redact(String(error)), code: undefined, stack: undefined }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    type: error.name,
    message: redact(error.message),
    code,
    stack: error.stack === undefined ? undefined : redact(error.stack),
  }
}

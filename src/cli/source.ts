import { readFileSync } from 'node:fs'
import { isLoopback } from '../config/loopback.ts'
import { GatewayError } from '../errors/gateway-error.ts'

const TIMEOUT_MS = 30_000
/** CometAPI's list of 301 models has about 500 KB. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * The text of a file or of an https address (http on this machine).
 * @param query added to an address, and named in no message: it may hold a key
 * @throws GatewayError in plain words
 */
export async function readSource(source: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
  if (!/^https?:\/\//i.test(source)) return readFileSync(source, 'utf8')
  const [shown = ''] = source.split(/[?#]/)
  const url = URL.canParse(source) ? new URL(source) : undefined
  if (url === undefined) throw failure(`${shown} is no address`)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) throw failure(`${shown} must be https`)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  try {
    // A redirect could carry a key elsewhere.
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!response.ok) throw failure(`${shown} answers ${response.status}`)
    return await bounded(response, shown)
  } catch (error) {
    if (error instanceof GatewayError) throw error
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw failure(`${shown} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

async function bounded(response: Response, source: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw failure(`${source} answers more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A failure for people, which ends the command with 1. */
export function failure(message: string): GatewayError {
  return new GatewayError('invalid_value', message)
}

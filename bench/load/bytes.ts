import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { Target } from './figures.ts'

/** The verdict about the answers of one system. */
export interface BytesVerdict {
  readonly verdict:
    /** Equal to the upstream's. */
    | 'same'
    /** The pictures are equal; something around them was written anew. */
    | 'same pictures'
    | 'different'
    | 'refused'
  readonly reason?: string
}

/** The digests of one answer. */
export interface Digests {
  readonly status: number
  readonly whole: string
  readonly pictures: string
  readonly beginning: string
}

const TIMEOUT_MS = 60_000
const digest = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')

/** Sends one request and takes the digests of its answer. */
export async function digestsOf({ url, headers, body }: Target): Promise<Digests> {
  const options = { method: 'POST', headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }
  const outgoing = url.startsWith('https:')
    ? requestTls(url, { ...options, rejectUnauthorized: false })
    : request(url, options)
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  return {
    status: response.statusCode ?? 0,
    whole: digest(whole),
    pictures: digest(picturesIn(whole)),
    beginning: whole.toString('utf8', 0, 120).replaceAll(/\s+/g, ' '),
  }
}

/** Compares several answers, asked for at once, with the expected one. */
export async function compareBytes(target: Target, expected: Digests, times: number): Promise<BytesVerdict> {
  try {
    const all = await Promise.all(Array.from({ length: times }, () => digestsOf(target)))
    const refused = all.find(({ status }) => status !== expected.status)
    if (refused !== undefined) return { verdict: 'refused', reason: `answers ${refused.status}: ${refused.beginning}` }
    if (all.every(({ whole }) => whole === expected.whole)) return { verdict: 'same' }
    if (all.every(({ pictures }) => pictures === expected.pictures)) return { verdict: 'same pictures' }
    return { verdict: 'different', reason: 'other bytes than the upstream sent' }
  } catch (error) {
    return { verdict: 'refused', reason: String(error).slice(0, 120) }
  }
}

/** The base64 of all pictures of an answer, one a line. */
function picturesIn(body: Buffer): string {
  const mark = '"b64_json":'
  const found: string[] = []
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + 1)) {
    const from = body.indexOf('"', at + mark.length) + 1
    found.push(body.toString('latin1', from, body.indexOf('"', from)))
  }
  return found.join('\n')
}

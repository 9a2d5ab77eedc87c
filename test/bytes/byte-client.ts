import { randomInt } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { Agent, IncomingMessage } from 'node:http'

/** How a client takes its answer. `stalls`: reads nothing for a while, once some has come. */
export type Manner = 'at once' | 'slowly' | 'stalls' | 'leaves'

export interface ByteRequest {
  readonly url: string
  readonly agent: Agent
  readonly prompt: string
  readonly isStream: boolean
  readonly manner: Manner
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the pause of a client that stalls. */
  readonly goOn?: Promise<void>
  /** The first bytes have come. */
  readonly onFirst?: () => void
}

export interface ByteAnswer {
  readonly status: number
  readonly bytes: Buffer
  /** The connection says that this is all. */
  readonly isWhole: boolean
}

/** Places an order and takes its answer in the given manner. */
export async function takeAnswer(order: ByteRequest): Promise<ByteAnswer> {
  const { url, agent, prompt, isStream, headers = {} } = order
  const { promise, resolve } = Promise.withResolvers<ByteAnswer>()
  const nothing = { status: 0, bytes: Buffer.alloc(0), isWhole: false }
  const request = httpRequest(`${url}/v1/images/generations`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', ...headers },
  })
  request.on('error', () => resolve(nothing))
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    let hasLeft = false
    // The end may have been read with bytes that a client which leaves is not given any more.
    const end = (isWhole: boolean): void =>
      resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks), isWhole: isWhole && !hasLeft })
    const leaveAt = order.manner === 'leaves' ? randomInt(1, 12) : Number.POSITIVE_INFINITY
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (chunks.length === 1) order.onFirst?.()
      if (chunks.length >= leaveAt) {
        hasLeft = true
        request.destroy()
      } else hesitate(response, order, chunks.length)
    })
    response.on('end', () => end(response.complete))
    response.on('close', () => end(response.complete))
    response.on('error', () => end(false))
  })
  request.end(JSON.stringify({ model: 'gpt-image-2', prompt, ...(isStream ? { stream: true } : {}) }))
  return promise
}

function hesitate(response: IncomingMessage, { manner, goOn }: ByteRequest, chunks: number): void {
  if (manner === 'slowly' && randomInt(6) === 0) {
    response.pause()
    setTimeout(() => response.resume(), randomInt(1, 8))
  }
  if (manner === 'stalls' && chunks === 1 && goOn !== undefined) {
    response.pause()
    void goOn.then(() => response.resume())
  }
}

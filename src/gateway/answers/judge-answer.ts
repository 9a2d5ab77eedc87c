import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { GatewayError } from '../../errors/gateway-error.ts'
import { invalidAnswer, originOf, readError, translateCode, translateFailure } from '../../upstream/failures.ts'
import type { Origin } from '../../errors/gateway-error.ts'
import type { AnswerHeaders } from '../../upstream/upstream.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { AnswerHead } from './answer.ts'

const MAX_UNPACKED_BYTES = 16_777_216
const UNPACKERS: ReadonlyMap<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer> = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
])

export interface JudgedAnswer extends AnswerHead {
  /** The first 64 KiB, or all of it. */
  readonly body: Buffer
  readonly isWhole: boolean
  readonly facts: AnswerFacts
}

/**
 * Decides from the beginning of an answer whether these are images. Undefined: they are, or they may be and the
 * client gets the bytes; otherwise the error that the client gets instead.
 */
export function judgeAnswer(answer: JudgedAnswer): GatewayError | undefined {
  const { status, headers, body, isWhole, facts, modelName, redact } = answer
  if (status < 200 || status >= 300) {
    return translateFailure({ status, retryAfter: single(headers['retry-after']), body, model: modelName }, redact)
  }
  // A large packed answer cannot be looked into; the SDKs unpack it by content-encoding.
  if (!isWhole && !isPlain(headers)) return undefined
  if (isEventStream(headers)) return undefined
  const wrong = (what: string, isAmbiguous = true): GatewayError =>
    invalidAnswer(what, originOf(status, redact(readError(body).code)), isAmbiguous)
  const type = single(headers['content-type']) ?? ''
  if (!facts.isObject) return wrong(type.includes('html') ? 'an HTML page' : 'something that is not JSON')
  if (facts.error !== undefined && !(facts.images > 0 || (!isWhole && (facts.elements ?? 0) > 0))) {
    const meant = translateCode({ status, body, model: modelName }, redact)
    return meant ?? wrong(`status ${status} and an error`, false)
  }
  if (!isWhole) return undefined
  if (!facts.isComplete) return wrong('broken JSON')
  if (facts.elements === 0) return filtered(originOf(status))
  if (facts.elements === undefined || facts.images === 0) return wrong('no image data')
  return undefined
}

/** An empty list of images is how CometAPI answers where every image was filtered. */
function filtered(origin: Origin): GatewayError {
  const message =
    'CometAPI returned no images: the prompt or the result was most likely filtered. Change the prompt before you try again.'
  return new GatewayError('moderation_blocked', message, { param: 'prompt', origin })
}

/** Whether the answer comes as server-sent events. */
export function isEventStream(headers: AnswerHeaders): boolean {
  return single(headers['content-type'])?.toLowerCase().startsWith('text/event-stream') ?? false
}

/** A small answer as it reads; upstreams have been told not to pack, and may do so all the same. */
export function unpacked(body: Buffer, headers: AnswerHeaders): Buffer {
  const unpack = UNPACKERS.get(encodingOf(headers))
  if (unpack === undefined) return body
  try {
    return unpack(body, { maxOutputLength: MAX_UNPACKED_BYTES })
  } catch {
    return body
  }
}

/** Whether the answer can be read as it comes, unpacked. */
export function isPlain(headers: AnswerHeaders): boolean {
  return encodingOf(headers) === 'identity'
}

function encodingOf(headers: AnswerHeaders): string {
  return single(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity'
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

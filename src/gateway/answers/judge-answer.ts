import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { GatewayError } from '../../errors/gateway-error.ts'
import { originOf, readError } from '../../upstream/envelope.ts'
import { invalidAnswer } from '../../upstream/failures.ts'
import { translateCode, translateFailure } from '../../upstream/translate.ts'
import type { Origin } from '../../errors/gateway-error.ts'
import type { AnswerHeaders } from '../../upstream/answer-headers.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { AnswerHead } from './answer.ts'

const MAX_UNPACKED_BYTES = 16_777_216
const UNPACKERS: ReadonlyMap<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer> = new Map([
  ['gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
])

export interface JudgedAnswer extends AnswerHead {
  /** The first 64 KiB, or all of it; asked for where there is an error to be read. */
  readonly body: () => Buffer
  readonly isWhole: boolean
  readonly facts: AnswerFacts
}

/**
 * Decides from the beginning of an answer whether it holds images. Undefined: it does, or it may and the client gets the
 * bytes; otherwise the error that the client gets instead.
 */
export function judgeAnswer(answer: JudgedAnswer): GatewayError | undefined {
  const { status, headers, body, modelName: model, redact } = answer
  if (status < 200 || status >= 300) {
    return translateFailure({ status, error: readError(body(), redact), model }, headers['retry-after'])
  }
  return mayBeImages(answer) ? undefined : translateSuccess(answer)
}

function mayBeImages(answer: JudgedAnswer): boolean {
  const { headers, isWhole, facts } = answer
  // A large packed answer cannot be looked into; the SDKs unpack it by content-encoding.
  if (!isWhole && !isPlain(headers)) return true
  if (isEventStream(headers)) return true
  if (!facts.isObject || isErrorAlone(answer)) return false
  return !isWhole || (facts.isComplete && facts.images > 0)
}

/** An error may stand beside images, of which some have failed. */
function isErrorAlone({ facts, isWhole }: JudgedAnswer): boolean {
  const hasImages = facts.images > 0 || (!isWhole && (facts.elements ?? 0) > 0)
  return facts.error !== undefined && !hasImages
}

/** The error for an answer with a status of 2xx that holds no images. */
function translateSuccess(answer: JudgedAnswer): GatewayError {
  const { status, headers, body, facts, modelName: model, redact } = answer
  const error = readError(body(), redact)
  const wrong = (what: string, isAmbiguous = true): GatewayError =>
    invalidAnswer(what, originOf(status, error), isAmbiguous)
  if (!facts.isObject) {
    const isPage = headers['content-type']?.includes('html') === true
    return wrong(isPage ? 'an HTML page' : 'something that is not JSON')
  }
  if (isErrorAlone(answer))
    return translateCode({ status, error, model }) ?? wrong(`status ${status} and an error`, false)
  if (!facts.isComplete) return wrong('broken JSON')
  return facts.elements === 0 ? filtered(originOf(status)) : wrong('no image data')
}

/** An empty list of images is how CometAPI answers where every image was filtered. */
function filtered(origin: Origin): GatewayError {
  const message =
    'CometAPI returned no images: the prompt or the result was most likely filtered. Change the prompt before you try again.'
  return new GatewayError('moderation_blocked', message, { param: 'prompt', origin })
}

/**
 * Whether the answer comes as server-sent events that can be read, as they are not packed. Such an answer does not go on
 * byte for byte: events are left out, added, or ended early.
 */
export function isReadableEventStream(headers: AnswerHeaders): boolean {
  return isEventStream(headers) && isPlain(headers)
}

/** Whether the answer comes as server-sent events. */
function isEventStream(headers: AnswerHeaders): boolean {
  return headers['content-type']?.toLowerCase().startsWith('text/event-stream') ?? false
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
  return headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
}

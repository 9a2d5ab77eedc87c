import { member, normaliseSvgUsage, normaliseUsage } from '../../accounting/usage.ts'
import type { SvgUsage, Usage } from '../../accounting/usage.ts'

/** The facts that an image answer states. */
export interface AnswerFacts {
  /** It is a JSON object, as far as it has been read. */
  readonly isObject: boolean
  /** The object is closed and nothing but white space follows. */
  readonly isComplete: boolean
  /** Elements of `data` (or of `data.data`, as CometAPI has been seen to nest it). Undefined: no such array. */
  readonly elements: number | undefined
  /** Elements that hold something: a string that is not empty, other than a revised prompt, a size or an id. */
  readonly images: number
  /** Previews that a stream has sent before them. */
  readonly partialImages: number
  readonly usage: Usage | undefined
  /** Tokens of the text model that wrote an svg. */
  readonly svgUsage?: SvgUsage | undefined
  /** The value of a top-level `error`, or `true` where that was too large to keep. Undefined: none, null or empty. */
  readonly error: unknown
  /** The size and quality that were made, as the upstream says, e.g. for `auto`. */
  readonly size: string | undefined
  readonly quality: string | undefined
}

/** Members of an image that say something about it and are not it. */
export const NOT_AN_IMAGE: ReadonlySet<string> = new Set(['revised_prompt', 'size', 'generation_id'])

const NOTHING = {
  isObject: false,
  isComplete: false,
  elements: undefined,
  images: 0,
  partialImages: 0,
  usage: undefined,
  error: undefined,
}

/** The facts of an answer that is small enough to be parsed whole. `JsonTap` finds the same in a large one. */
export function factsOfWhole(body: Buffer): AnswerFacts {
  let answer: unknown
  try {
    // A byte order mark is no JSON, but the clients' parsers skip it.
    answer = JSON.parse(body.toString('utf8').replace(/^\uFEFF/, ''))
  } catch {
    return { ...NOTHING, size: undefined, quality: undefined }
  }
  const isObject = typeof answer === 'object' && answer !== null && !Array.isArray(answer)
  const list = imageList(answer)
  return answerFacts({
    isObject,
    isComplete: isObject,
    elements: list?.length,
    images: list?.filter(holdsSomething).length ?? 0,
    usage: member(answer, 'usage'),
    svgUsage: member(answer, 'svg_usage'),
    error: member(answer, 'error'),
    size: member(answer, 'size'),
    quality: member(answer, 'quality'),
  })
}

/** Brings raw values, however they were read, into the one shape. */
export function answerFacts(raw: {
  readonly isObject: boolean
  readonly isComplete: boolean
  readonly elements: number | undefined
  readonly images: number
  readonly usage: unknown
  readonly svgUsage: unknown
  readonly error: unknown
  readonly size: unknown
  readonly quality: unknown
}): AnswerFacts {
  return {
    isObject: raw.isObject,
    isComplete: raw.isComplete,
    elements: raw.elements,
    images: raw.images,
    partialImages: 0,
    usage: normaliseUsage(raw.usage),
    svgUsage: normaliseSvgUsage(raw.svgUsage),
    error: isEmpty(raw.error) ? undefined : raw.error,
    size: text(raw.size),
    quality: text(raw.quality),
  }
}

function imageList(answer: unknown): readonly unknown[] | undefined {
  const data = member(answer, 'data')
  const list = Array.isArray(data) ? data : member(data, 'data')
  return Array.isArray(list) ? list : undefined
}

function holdsSomething(element: unknown): boolean {
  return (
    typeof element === 'object' &&
    element !== null &&
    Object.entries(element).some(
      ([name, value]) => typeof value === 'string' && value !== '' && !NOT_AN_IMAGE.has(name),
    )
  )
}

/** Channels have been seen to fill in an `error` of empty members beside a good answer. */
function isEmpty(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return !error
  return Object.values(error).every((value) => value === null || value === '' || value === 0)
}

/** Short labels only; a number or a long string is none. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 62 ? value : undefined
}

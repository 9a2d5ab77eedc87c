import { suggestedSize } from '../painter/reading.ts'
import { FRAME_DURATION_BY_DEFAULT, FRAMES_BY_DEFAULT } from './rules/gif-svg.ts'
import { isBody, textOf } from './rules/checks.ts'
import { sequenceLength } from './rules/cross-rules.ts'
import { SEEDREAM_PRESETS } from './rules/seedream.ts'
import { parseSize } from './rules/sizes.ts'
import { sizeLike } from './rules/source-size.ts'
import type { SandboxFields } from './rules/checks.ts'
import type { Animation } from '../painter/animation.ts'
import type { Canvas } from '../painter/canvas.ts'
import type { PictureFormat } from '../painter/raster.ts'
import type { SandboxOperation, ServedModel } from './rules/served-models.ts'
import type { Pixels } from './rules/sizes.ts'

/** An accepted request with everything decided that it left open. */
export interface SandboxOrder {
  operation: SandboxOperation
  model: ServedModel
  prompt: string
  n: number
  pixels: Pixels
  quality: Quality
  format: PictureFormat
  /** 0..100, for jpeg and webp. */
  compression: number
  /** Of an animated gif; undefined for pictures that stand still. */
  animation: Animation | undefined
  /** The text model that writes an svg. */
  author: string
  transparent: boolean
  delivery: 'url' | 'b64_json'
  stream: boolean
  /** Pictures in a stream before each finished one, 0..3. */
  partials: number
  /** The sizes of the uploaded pictures; empty for a generation. */
  sources: readonly Pixels[]
  /** The uploaded pictures, made ready; undefined for a generation. */
  canvas: Canvas | undefined
}

const QUALITIES = ['low', 'medium', 'high', 'xhigh', 'max', 'standard', 'hd'] as const
const FORMATS = ['png', 'jpeg', 'webp', 'gif', 'svg'] as const

/** No facts say who writes an svg that names no author. */
const AUTHOR_BY_DEFAULT = 'gpt-5.5'
/** Frames without a size. */
const FRAME_SIZE: Pixels = { width: 640, height: 640 }

/** Qualities of all families, after `auto` was decided. */
export type Quality = (typeof QUALITIES)[number]

/** Decides what `auto` and omitted parameters mean. The body must have passed the rules. */
export function decide(
  body: SandboxFields,
  model: ServedModel,
  operation: SandboxOperation = 'generation',
  sources: readonly Pixels[] = [],
): SandboxOrder {
  const prompt = textOf(body, 'prompt') ?? ''
  const gpt = model.family.startsWith('gpt')
  const base64 = gpt || (body['response_format'] === 'b64_json' && !model.family.startsWith('qwen'))
  return {
    operation,
    model,
    prompt,
    n: model.family === 'seedream' ? sequenceLength(body) : Number(body['n'] ?? 1) || 1,
    pixels: pixelsFor(body, model, prompt, sources[0]),
    quality: qualityFor(body, model),
    format: formatFor(body, model),
    animation: animationFor(body, model),
    author: authorOf(body),
    compression: gpt ? Number(body['output_compression'] ?? 100) : 92,
    transparent: gpt && body['background'] === 'transparent',
    delivery: base64 ? 'b64_json' : 'url',
    stream: body['stream'] === true,
    partials: gpt ? Number(body['partial_images'] ?? 0) : 0,
    sources,
    canvas: undefined,
  }
}

/** Sizes of families that know no `auto`. qwen-image: a native size listed by another host (facts 6). */
const SIZE_BY_DEFAULT: Readonly<Record<string, Pixels>> = {
  'dall-e-2': { width: 1024, height: 1024 },
  'dall-e-3': { width: 1024, height: 1024 },
  qwen: { width: 1328, height: 1328 },
  seedream: { width: 2048, height: 2048 },
}

function pixelsFor(body: SandboxFields, { family }: ServedModel, prompt: string, source: Pixels | undefined): Pixels {
  const asked = textOf(body, 'size') ?? 'auto'
  const size = SEEDREAM_PRESETS[asked] ?? parseSize(asked) ?? SIZE_BY_DEFAULT[family]
  if (size) return size
  if (body['output_format'] === 'gif') return FRAME_SIZE
  return source ? sizeLike(source, family) : (parseSize(suggestedSize(prompt)) ?? { width: 1024, height: 1024 })
}

function formatFor(body: SandboxFields, { family }: ServedModel): PictureFormat {
  const byDefault = family === 'seedream' ? 'jpeg' : 'png'
  if (!family.startsWith('gpt') && family !== 'seedream') return byDefault
  const asked = textOf(body, 'output_format')
  return FORMATS.find((format) => format === asked) ?? byDefault
}

function animationFor(body: SandboxFields, model: ServedModel): Animation | undefined {
  if (formatFor(body, model) !== 'gif') return undefined
  return {
    frames: Number(body['frame_count'] ?? FRAMES_BY_DEFAULT),
    frameMs: Number(body['frame_duration_ms'] ?? FRAME_DURATION_BY_DEFAULT),
  }
}

function authorOf({ svg }: SandboxFields): string {
  return (isBody(svg) ? textOf(svg, 'model') : undefined) ?? AUTHOR_BY_DEFAULT
}

/** `auto` came back as `low` from gpt-image-2 (facts 2.2, 1.2); for the older models tools assume medium (facts 5.2). */
function qualityFor(body: SandboxFields, { family }: ServedModel): Quality {
  const asked = textOf(body, 'quality')
  const byDefault = !family.startsWith('gpt') ? 'standard' : family === 'gpt-1' ? 'medium' : 'low'
  return QUALITIES.find((quality) => quality === asked) ?? byDefault
}

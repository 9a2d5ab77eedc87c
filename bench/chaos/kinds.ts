import { between, chance, pick } from './chance.ts'

/** A kind of order and its list price. */
export interface Kind {
  readonly name: string
  /** How many of a hundred orders. */
  readonly share: number
  readonly path: '/v1/images/generations' | '/v1/images/edits'
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  /** Size of one picture in base64, the smallest and the largest. */
  readonly bytes: readonly [number, number]
  readonly isStream?: boolean
  /** Bytes of the picture that an edit brings. */
  readonly upload?: readonly [number, number]
  /** Micro-USD a picture; undefined where the price is by the token. */
  readonly microsPerImage?: number
}

const GPT = { model: 'gpt-image-2', size: '1024x1024', quality: 'low' } as const
const generations = '/v1/images/generations'

export const KINDS: readonly Kind[] = [
  { name: 'small', share: 27, path: generations, parameters: GPT, bytes: [500, 20_000] },
  { name: 'large', share: 17, path: generations, parameters: GPT, bytes: [100_000, 1_000_000] },
  { name: 'huge', share: 2, path: generations, parameters: GPT, bytes: [3_000_000, 6_000_000] },
  {
    name: 'url',
    share: 14,
    path: generations,
    parameters: { model: 'dall-e-3', size: '1024x1024', quality: 'standard', response_format: 'url' },
    bytes: [60, 120],
    microsPerImage: 40_000,
  },
  {
    name: 'two',
    share: 10,
    path: generations,
    parameters: { model: 'dall-e-2', size: '512x512', n: 2, response_format: 'b64_json' },
    bytes: [1000, 200_000],
    microsPerImage: 18_000,
  },
  {
    name: 'stream',
    share: 15,
    path: generations,
    parameters: { ...GPT, stream: true, partial_images: 1 },
    bytes: [2000, 300_000],
    isStream: true,
  },
  {
    name: 'edit',
    share: 15,
    path: '/v1/images/edits',
    parameters: GPT,
    bytes: [1000, 200_000],
    upload: [200, 600_000],
  },
]

/** The picture of an order. Its id stands in the prompt: two orders differ, two attempts of one order do not. */
export interface Subject {
  readonly id: number
  readonly seed: number
  readonly kind: Kind
}

export function subjectOf(seed: number, id: number): Subject {
  return { id, seed, kind: pick(chance(seed, id, 'kind'), KINDS, ({ share }) => share) }
}

/** A prompt of constant length, so that all orders of a kind have one highest cost. */
export function promptOf({ id }: Pick<Subject, 'id'>): string {
  return `order ${String(id).padStart(7, '0')}: a paper boat`
}

/** The id in the part of a body that has arrived; undefined until it is there. */
export function subjectIn(body: string): number | undefined {
  const digits = /order (\d{7}): a/.exec(body)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** One picture, as base64 or as a URL, different for every purchase. */
export function pictureOf({ id, seed, kind }: Subject, attempt: number, index: number): string {
  if (kind.name === 'url') return `https://pictures.invalid/${seed}/${id}/${attempt}/${index}.png`
  const bytes = between(chance(seed, id, attempt, 'bytes'), ...kind.bytes)
  return Buffer.alloc(Math.ceil((bytes * 3) / 4), `picture ${index} of ${id}, attempt ${attempt}, `).toString('base64')
}

export function picturesOf(subject: Subject, attempt: number): string[] {
  const count = Number(subject.kind.parameters['n'] ?? 1)
  return Array.from({ length: count }, (_, index) => pictureOf(subject, attempt, index))
}

/** Tokens in and out, as the upstream reports them. */
export interface Tokens {
  readonly text: number
  readonly image: number
  readonly output: number
}

export function tokensOf({ seed, id, kind }: Subject, attempt: number): Tokens {
  const output = between(chance(seed, id, attempt, 'tokens'), 150, 300)
  return { text: 14, image: kind.upload === undefined ? 0 : 768, output }
}

/** The cost of a purchase in micro-USD: gpt-image-2 takes 5, 8 and 30 USD a million tokens. */
export function costMicrosOf(subject: Subject, attempt: number): number {
  const { microsPerImage } = subject.kind
  if (microsPerImage !== undefined) return picturesOf(subject, attempt).length * microsPerImage
  const { text, image, output } = tokensOf(subject, attempt)
  return text * 5 + image * 8 + output * 30
}

import { toFile } from 'openai'
import { picture } from '../../test/helpers/images.ts'
import { between, chance } from './chance.ts'
import { promptOf } from './kinds.ts'
import type OpenAI from 'openai'
import type { Subject } from './kinds.ts'

/** The end of an order: its pictures, or the reason why there are none. */
export interface Ending {
  /** Base64 or URLs; undefined when there are none. */
  readonly pictures: readonly string[] | undefined
  /** The error's code, or one of the words below for a connection that failed; empty when there are pictures. */
  readonly why: string
  readonly status: number
}

/** Endings without an error code: the client left, its own timeout expired, or the connection broke. */
export const LEFT = 'left'
export const TIMED_OUT = 'timed_out'
export const CUT = 'cut'

const PNG = await picture(64, 64)

/** The picture that an edit brings: a real one, with bytes behind it that decoders ignore. */
export function uploadOf({ seed, id, kind }: Subject): Buffer<ArrayBuffer> {
  const [from, to] = kind.upload ?? [0, 0]
  const bytes = between(chance(seed, id, 'upload'), from, to)
  return Buffer.concat([PNG, Buffer.alloc(Math.max(0, bytes - PNG.length), 7)])
}

/** A request as a client without an SDK sends it. */
export interface Request {
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
}

/** @param boundary of a form; the SDKs make a new one for each attempt */
export function requestOf(subject: Subject, boundary: string): Request {
  const { kind } = subject
  const fields = { prompt: promptOf(subject), ...kind.parameters }
  if (kind.upload === undefined)
    return { path: kind.path, contentType: 'application/json', body: Buffer.from(JSON.stringify(fields)) }
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const image = `--${boundary}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`
  const end = `\r\n--${boundary}--\r\n`
  const body = Buffer.concat([Buffer.from(parts.join('') + image), uploadOf(subject), Buffer.from(end)])
  return { path: kind.path, contentType: `multipart/form-data; boundary=${boundary}`, body }
}

export interface AskOptions {
  readonly timeout: number
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

/** Orders through the SDK. @throws the SDK's errors */
export async function ask(client: OpenAI, subject: Subject, options: AskOptions): Promise<string[]> {
  const { kind } = subject
  const prompt = promptOf(subject)
  const { idempotencyKey, ...rest } = options
  const settings = { ...rest, headers: idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey } }
  const { stream: _, ...parameters } = kind.parameters as Record<string, string>
  if (kind.upload !== undefined) {
    const image = await toFile(uploadOf(subject), 'a.png', { type: 'image/png' })
    return picturesIn(await client.images.edit({ ...parameters, prompt, image }, settings))
  }
  if (kind.isStream !== true) return picturesIn(await client.images.generate({ ...parameters, prompt }, settings))
  let latest: string | undefined
  const events = await client.images.generate({ ...parameters, prompt, stream: true }, settings)
  for await (const event of events) {
    if (latest !== undefined && event.b64_json !== latest) throw new Error('the preview is of another picture')
    latest = event.b64_json
  }
  if (latest === undefined) throw new Error('the stream has no picture')
  return [latest]
}

function picturesIn({ data = [] }: OpenAI.ImagesResponse): string[] {
  return data.map(({ b64_json, url }) => b64_json ?? url ?? '')
}

import { createHash } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { picture } from '../../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ReceivedRequest, ScriptedUpstream } from '../../helpers/upstream.ts'

/** A form as it was sent, and its answer. */
interface Posted {
  readonly response: Response
  readonly sent: Buffer
  readonly contentType: string
}

/** A gateway that takes uploads of up to 8 MB, the upstream behind it, and pictures to edit. */
export class Editing {
  upstream!: ScriptedUpstream
  gateway!: TestGateway
  client!: OpenAI
  square!: Buffer<ArrayBuffer>
  /** As large as the square, and transparent. */
  mask!: Buffer<ArrayBuffer>

  /** Sends a form as its bytes, so that what arrives upstream can be compared. */
  async post(data: FormData, headers: Record<string, string> = {}, path = '/v1/images/edits'): Promise<Posted> {
    const request = new Request('http://x', { method: 'POST', body: data })
    const sent = Buffer.from(await request.arrayBuffer())
    const contentType = request.headers.get('content-type') ?? ''
    const response = await fetch(this.gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': contentType, ...headers },
      body: new Uint8Array(sent),
    })
    return { response, sent, contentType }
  }
}

/** One gateway for all tests of a file; its upstream answers an image to each, unless the test says something else. */
export function editing(): Editing {
  const world = new Editing()
  beforeAll(async () => {
    world.upstream = await scriptedUpstream()
    world.gateway = await startGateway(world.upstream.url, { MAX_UPLOAD_BYTES: '8000000' })
    world.client = new OpenAI({ baseURL: `${world.gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
    world.square = await picture(64, 64)
    world.mask = await picture(64, 64, 'png', 0)
  })
  beforeEach(() => {
    world.upstream.received.length = 0
    world.upstream.script = answerJson(imageAnswer())
  })
  afterAll(async () => {
    await world.gateway.close()
    await world.upstream.close()
  })
  return world
}

export const typed = (bytes: Buffer<ArrayBuffer>): Blob => new Blob([bytes], { type: 'image/png' })

export const png = async (bytes: Buffer<ArrayBuffer>, name = 'a.png'): Promise<File> =>
  toFile(bytes, name, { type: 'image/png' })

/** The form as the upstream reads it. */
export async function formOf({ body, headers }: ReceivedRequest): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData()
}

export async function hashOf(file: File | string | null): Promise<string> {
  return sha(Buffer.from(await (file as File).arrayBuffer()))
}

export const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, `${name}.png`)
  }
  return data
}

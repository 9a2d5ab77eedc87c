import { newPrompt } from '../helpers/new-orders.ts'
import { look } from '../sandbox/pixels.ts'
import type OpenAI from 'openai'

/** The smallest picture of gpt-image-2, so that the tests are quick. */
export const SMALL = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x640', quality: 'low' } as const

/** An order that nobody placed before: an equal one would be given the failure of a moment ago. */
export function newOrder(): typeof SMALL {
  return { ...SMALL, prompt: newPrompt() as 'a lighthouse' }
}

/** The bytes of a picture in base64. */
export function decode(base64: string | undefined): Buffer {
  return Buffer.from(base64 ?? '', 'base64')
}

/** The format and size of each picture of an answer, as `png 1024x640`; fetched where it is a URL. */
export async function looks({ data = [] }: OpenAI.ImagesResponse): Promise<string[]> {
  const pictures = data.map(async ({ b64_json, url }) =>
    url === undefined ? decode(b64_json) : Buffer.from(await (await fetch(url)).arrayBuffer()),
  )
  return Promise.all((await Promise.all(pictures)).map(look))
}

/** All events of a stream, or all items of a list. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

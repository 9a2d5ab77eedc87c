/** node openai.js PACKAGE: the openai package that is installed under this name. */
import { createReadStream } from 'node:fs'
import { apiKey, baseURL, converse } from './conversation.js'

const { default: OpenAI } = await import(process.argv[2])
const client = new OpenAI({ baseURL, apiKey })

const CALLS = {
  generate: async (body, options) => pictures(await client.images.generate(body, options)),
  edit: async (body, options, image) =>
    pictures(await client.images.edit({ ...body, image: createReadStream(image) }, options)),
  stream: async (body, options) => {
    const events = await client.images.generate({ ...body, stream: true, partial_images: 1 }, options)
    const seen = await Array.fromAsync(events)
    const of = (type) => seen.filter((event) => event.type === `image_generation.${type}`)
    return { images: of('completed').map((event) => event.b64_json), partials: of('partial_image').length }
  },
}

function pictures({ data }) {
  return { images: data.map((picture) => picture.b64_json) }
}

await converse(async ({ call, model, prompt, fields, image, timeoutMs, retries, headers }) => {
  const options = { headers, ...(timeoutMs && { timeout: timeoutMs }), ...(retries && { maxRetries: retries }) }
  return CALLS[call]({ model, prompt, ...fields }, options, image)
})

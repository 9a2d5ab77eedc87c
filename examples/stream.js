// node examples/stream.js makes boat-0.png and boat-1.png, which are drafts, and then boat.png
import { writeFile } from 'node:fs/promises'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://localhost:8080/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'not-needed',
})

const stream = await client.images.generate({
  model: 'gpt-image-2',
  prompt: 'A paper boat floating on calm water at sunrise.',
  quality: 'low',
  stream: true,
  partial_images: 2,
})
for await (const event of stream) {
  const isDraft = event.type === 'image_generation.partial_image'
  const name = isDraft ? `boat-${event.partial_image_index}.png` : 'boat.png'
  await writeFile(name, Buffer.from(event.b64_json, 'base64'))
  console.log(name)
}

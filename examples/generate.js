// node examples/generate.js makes boat.png
import { writeFile } from 'node:fs/promises'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://localhost:8080/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'not-needed',
})

const { data, usage } = await client.images.generate({
  model: 'gpt-image-2',
  prompt: 'A paper boat floating on calm water at sunrise.',
  size: '1536x1024',
  quality: 'low',
})
await writeFile('boat.png', Buffer.from(data[0].b64_json, 'base64'))

console.log(`boat.png: ${usage.output_tokens} output tokens`)

// node examples/edit.js makes night.png of boat.jpg
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import OpenAI from 'openai'

const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://localhost:8080/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'not-needed',
})
const boat = join(import.meta.dirname, 'boat.jpg')

const night = await client.images.edit({
  model: 'gpt-image-2',
  image: createReadStream(boat),
  prompt: 'The same boat at night, under the stars.',
  quality: 'low',
})
await writeFile('night.png', Buffer.from(night.data[0].b64_json, 'base64'))

console.log('night.png')

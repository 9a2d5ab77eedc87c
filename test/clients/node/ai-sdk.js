/** The AI SDK with its provider for OpenAI-compatible services. */
import { readFile } from 'node:fs/promises'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateImage } from 'ai'
import { apiKey, baseURL, converse } from './conversation.js'

const provider = createOpenAICompatible({ name: 'gateway', baseURL, apiKey })

await converse(async ({ model, prompt, fields = {}, image, timeoutMs, retries, headers }) => {
  const { size, ...others } = fields
  const { images } = await generateImage({
    model: provider.imageModel(model),
    prompt: image === undefined ? prompt : { text: prompt, images: [await readFile(image)] },
    size,
    providerOptions: { gateway: others },
    headers,
    ...(timeoutMs && { abortSignal: AbortSignal.timeout(timeoutMs) }),
    ...(retries && { maxRetries: retries }),
  })
  return { images: images.map(({ base64 }) => base64) }
})

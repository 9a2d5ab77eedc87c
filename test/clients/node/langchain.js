/** LangChain's tool for DALL·E, which sends `style` and `quality` always and asks for base64 by name. */
import { DallEAPIWrapper } from '@langchain/openai'
import { apiKey, baseURL, converse } from './conversation.js'

await converse(async ({ model, prompt, fields = {} }) => {
  const tool = new DallEAPIWrapper({ baseUrl: baseURL, apiKey, model, dallEResponseFormat: 'b64_json', ...fields })
  return { images: [await tool.invoke(prompt)] }
})

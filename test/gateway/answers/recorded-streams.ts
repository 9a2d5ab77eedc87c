import type { AnswerFacts } from '../../../src/gateway/answers/answer-facts.ts'
import type { Usage } from '../../../src/accounting/usage.ts'

/** A stream as an upstream sends it, and what it says. */
export interface RecordedStream {
  readonly name: string
  readonly text: string
  readonly kinds: readonly string[]
  readonly facts: Partial<Omit<AnswerFacts, 'usage'>> & { readonly usage?: Partial<Usage> }
}

export const USAGE = {
  total_tokens: 100,
  input_tokens: 50,
  output_tokens: 50,
  input_tokens_details: { text_tokens: 10, image_tokens: 40 },
}
const READ = { inputTokens: 50, outputTokens: 50, totalTokens: 100 }

/** @param image base64 of one image */
export function partial(index: number, image: string, family = 'image_generation'): string {
  const type = `${family}.partial_image`
  const data = {
    type,
    b64_json: image,
    created_at: 1_620_000_000,
    size: '1024x1024',
    quality: 'high',
    background: 'transparent',
    output_format: 'png',
    partial_image_index: index,
  }
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

export function completed(image: string, family = 'image_generation'): string {
  const type = `${family}.completed`
  const data = {
    type,
    b64_json: image,
    created_at: 1_620_000_000,
    size: '1024x1024',
    quality: 'high',
    background: 'transparent',
    output_format: 'png',
    usage: USAGE,
  }
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

function dataLine(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

const openai = partial(0, 'AAAA') + partial(1, 'BBBB') + completed('CCCC')
const OPENAI = {
  kinds: ['partial', 'partial', 'image'],
  facts: { images: 1, partialImages: 2, size: '1024x1024', quality: 'high', usage: READ },
}
const newApiImage = {
  type: 'image_generation.completed',
  created_at: 1,
  url: 'https://cdn/1.png',
  revised_prompt: 'Ein Löwe 🦁',
}
const newApiUsage = { prompt_tokens: 50, completion_tokens: 50, total_tokens: 100 }

/** The forms of facts section 3, and what else the standard allows. */
export const STREAMS: readonly RecordedStream[] = [
  { name: 'OpenAI, without [DONE]', text: openai, ...OPENAI },
  { name: 'OpenAI, with [DONE]', text: `${openai}data: [DONE]\n\n`, ...OPENAI, kinds: [...OPENAI.kinds, 'done'] },
  {
    name: 'OpenAI, an edit',
    text: partial(0, 'AAAA', 'image_edit') + completed('CCCC', 'image_edit'),
    kinds: ['partial', 'image'],
    facts: { images: 1, partialImages: 1 },
  },
  { name: 'lines that end in CRLF', text: openai.replaceAll('\n', '\r\n'), ...OPENAI },
  { name: 'lines that end in CR', text: openai.replaceAll('\n', '\r'), ...OPENAI },
  { name: 'no event lines', text: openai.replaceAll(/^event: .*\n/gm, ''), ...OPENAI },
  { name: 'no space behind the colon', text: openai.replaceAll(/^(\w+): /gm, '$1:'), ...OPENAI },
  { name: 'no type in the data', text: openai.replaceAll(/"type":"[^"]*",/g, ''), ...OPENAI },
  { name: 'a byte order mark', text: `\uFEFF${openai}`, ...OPENAI },
  {
    name: 'comments and other fields',
    text: `: ping\n\nid: 7\nretry: 3000\n${openai}: ping\n\n`,
    kinds: ['comment', ...OPENAI.kinds, 'comment'],
    facts: OPENAI.facts,
  },
  {
    name: 'data on several lines',
    text: 'data: {"type":\ndata: "image_generation.completed",\ndata: "b64_json":"AAAA"}\n\n',
    kinds: ['image'],
    facts: { images: 1 },
  },
  {
    name: 'new-api, two images with url and the usage on both',
    text:
      dataLine({ ...newApiImage, usage: newApiUsage }) +
      dataLine({ ...newApiImage, usage: newApiUsage }) +
      'data: [DONE]\n\n',
    kinds: ['image', 'image', 'done'],
    facts: { images: 2, partialImages: 0, usage: READ },
  },
  {
    name: 'new-api, an answer in one event',
    text: dataLine({ created: 1, data: [{ b64_json: 'AAAA' }, { url: 'https://cdn/2.png' }], usage: USAGE }),
    kinds: ['image'],
    facts: { images: 2, usage: READ },
  },
  {
    name: 'Seedream',
    text:
      dataLine({ type: 'image_generation.partial_succeeded', url: 'https://tos/1.jpg?a=1&b=2', size: '2048x2048' }) +
      dataLine({ type: 'image_generation.partial_failed', error: { code: 'x', message: 'one of several' } }) +
      dataLine({ type: 'image_generation.partial_succeeded', url: 'https://tos/2.jpg', size: '2048x2048' }) +
      dataLine({
        type: 'image_generation.completed',
        usage: { generated_images: 2, output_tokens: 32, total_tokens: 32 },
      }) +
      'data: [DONE]\n\n',
    kinds: ['image', 'note', 'image', 'note', 'done'],
    facts: {
      images: 2,
      partialImages: 0,
      size: '2048x2048',
      usage: { inputTokens: 0, outputTokens: 32, totalTokens: 32 },
    },
  },
  {
    name: 'an error as an object',
    text: dataLine({ error: { message: 'no', code: 'moderation_blocked' } }),
    kinds: ['error'],
    facts: { images: 0 },
  },
  {
    name: 'an error that stands flat',
    text: `event: error\n${dataLine({ type: 'error', message: 'no', code: 'x' })}`,
    kinds: ['error'],
    facts: { images: 0 },
  },
  {
    name: 'an error event without JSON',
    text: 'event: error\ndata: it broke\n\n',
    kinds: ['error'],
    facts: { images: 0 },
  },
  {
    name: 'an event without data, and data that is no JSON',
    text: `event: ping\n\ndata: ping\n\ndata:\n\n${completed('AAAA')}`,
    kinds: ['unreadable', 'unreadable', 'unreadable', 'image'],
    facts: { images: 1 },
  },
  {
    name: 'an error of empty members beside an image',
    text: dataLine({ type: 'image_generation.completed', b64_json: 'A', error: { message: '', code: null } }),
    kinds: ['image'],
    facts: { images: 1 },
  },
  {
    name: 'an empty image',
    text: dataLine({ type: 'image_generation.completed', b64_json: '', url: '' }),
    kinds: ['note'],
    facts: { images: 0 },
  },
]

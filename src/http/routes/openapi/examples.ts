import type { Operation } from '../../../models/model.ts'
import type { JsonSchema } from './schemas.ts'

const PROMPT = 'A paper boat floating on calm water at sunrise.'
/** The beginning of a PNG in base64, and no picture: examples are read by people. */
const PIXELS = 'iVBORw0KGgo='
const MOMENT = '2026-11-25T12:00:00.000Z'

/** Requests that the gateway takes as they are. */
export const IMAGE_REQUESTS: Readonly<Record<Operation, Readonly<Record<string, object>>>> = {
  'images.generations': {
    'application/json': { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024', quality: 'low' },
  },
  'images.edits': {
    'application/json': {
      model: 'gpt-image-2',
      prompt: 'The same at night.',
      images: [{ image_url: `data:image/png;base64,${PIXELS}` }],
    },
    'multipart/form-data': { model: 'gpt-image-2', prompt: 'The same at night.', image: '(the bytes of a file)' },
  },
  'images.variations': { 'multipart/form-data': { model: 'dall-e-2', image: '(the bytes of a square PNG)' } },
}

export const IMAGES_ANSWER = {
  created: 1_795_608_000,
  data: [{ b64_json: PIXELS }],
  usage: { input_tokens: 16, output_tokens: 208, total_tokens: 224 },
  size: '1024x1024',
  quality: 'low',
  output_format: 'png',
}

/** Values by the name of a member, where its schema allows more than a reader can guess. */
const BY_NAME: Readonly<Record<string, unknown>> = {
  b64_json: PIXELS,
  description: 'For the newsletter.',
  endpoint: 'images.generations',
  error_code: null,
  group: 'alice',
  id: 'gen_3f9a1c',
  hint: 'sk-gw-…J0WM',
  key: 'alice',
  model: 'gpt-image-2',
  name: 'alice',
  next: null,
  note: 'For the newsletter.',
  openapi: '3.1.1',
  owned_by: 'openai',
  quality: 'low',
  secret: 'sk-gw-EXAMPLE-which-is-no-key',
  size: '1024x1024',
  status: 'active',
  url: 'https://images.example.com/boat.png',
}
/** Tried in turn where a pattern says what a string must be. */
const TRIED = ['alice', 'gpt-image-*', '24h', '30d', '2027-01-01', MOMENT, '1024x1024', '1']

/** An example that a schema accepts: every member, and the first of several choices. */
export function exampleOf(schema: JsonSchema, named: Readonly<Record<string, JsonSchema>>): unknown {
  const resolve = (given: JsonSchema): JsonSchema =>
    typeof given['$ref'] === 'string' ? (named[given['$ref'].split('/').at(-1) ?? ''] ?? {}) : given
  const build = (given: JsonSchema, name = ''): unknown => {
    const one = resolve(given)
    const choices = (one['anyOf'] ?? one['oneOf']) as readonly JsonSchema[] | undefined
    if (choices?.[0] !== undefined) return build(choices[0], name)
    if ('const' in one) return one['const']
    if (Array.isArray(one['enum'])) return one['enum'][0] as unknown
    if (Array.isArray(one['examples'])) return one['examples'][0] as unknown
    if (name in BY_NAME && !('format' in one)) return BY_NAME[name]
    if ('default' in one) return one['default']
    const [type] = [one['type']].flat()
    if (type === 'object') return membersOf(one, build)
    if (type === 'array') return one['items'] === undefined ? [] : [build(one['items'] as JsonSchema)]
    if (type === 'integer' || type === 'number') return Math.max(1, Number(one['minimum'] ?? 0))
    if (type === 'boolean') return false
    return type === 'string' ? textOf(one) : null
  }
  return build(schema)
}

function membersOf({ properties = {} }: JsonSchema, build: (schema: JsonSchema, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(properties as object).map(([name, schema]) => [name, build(schema, name)]))
}

function textOf({ format, pattern }: JsonSchema): string {
  if (format === 'date-time') return MOMENT
  if (format === 'date') return MOMENT.slice(0, 10)
  if (typeof pattern !== 'string') return 'text'
  return TRIED.find((text) => new RegExp(pattern, 'u').test(text)) ?? 'text'
}

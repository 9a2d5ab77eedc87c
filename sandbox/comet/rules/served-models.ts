/** Models that share one set of rules and one shape of answer. */
export type Family =
  | 'gpt-1'
  | 'gpt-2'
  | 'gpt-2.5'
  | 'gpt-2.6'
  | 'dall-e-2'
  | 'dall-e-3'
  | 'qwen'
  | 'qwen-edit'
  | 'seedream'

/** The operations of the image API. */
export type SandboxOperation = 'generation' | 'edit' | 'variation'

/** A model that the sandbox serves. */
export interface ServedModel {
  id: string
  family: Family
  /** Reports text tokens of the output as well (facts 6: gpt-image-1.5 via CometAPI; priced so for chatgpt-image-latest). */
  textOutput?: true
}

/** The ids of facts 1.5, 2.1 and 2.6, as GET /v1/models lists them. */
export const SERVED_MODELS: readonly ServedModel[] = [
  { id: 'gpt-image-1', family: 'gpt-1' },
  { id: 'gpt-image-1-mini', family: 'gpt-1' },
  { id: 'gpt-image-1.5', family: 'gpt-1', textOutput: true },
  { id: 'chatgpt-image-latest', family: 'gpt-1', textOutput: true },
  { id: 'gpt-image-2', family: 'gpt-2' },
  { id: 'gpt-image-2-2026-04-21', family: 'gpt-2' },
  { id: 'gpt-image-2.5-flare', family: 'gpt-2.5' },
  { id: 'gpt-image-2.5-flare-2026-09-08', family: 'gpt-2.5' },
  { id: 'gpt-image-2.5-sunburst', family: 'gpt-2.5' },
  { id: 'gpt-image-2.5-sunburst-2026-09-08', family: 'gpt-2.5' },
  { id: 'gpt-image-2.6-flare', family: 'gpt-2.6' },
  { id: 'gpt-image-2.6-sunburst', family: 'gpt-2.6' },
  { id: 'dall-e-2', family: 'dall-e-2' },
  { id: 'dall-e-3', family: 'dall-e-3' },
  { id: 'qwen-image', family: 'qwen' },
  { id: 'qwen-image-edit', family: 'qwen-edit' },
  { id: 'doubao-seedream-5-0-260128', family: 'seedream' },
  { id: 'doubao-seedream-4-5-251128', family: 'seedream' },
  { id: 'bytedance-seedream-4-0-250828', family: 'seedream' },
]

/** Used when a request names no model: the default in CometAPI's schema (facts 1.2), else OpenAI's (2.3, 2.4). */
export const MODEL_BY_DEFAULT: Readonly<Record<SandboxOperation, string>> = {
  generation: 'dall-e-3',
  edit: 'gpt-image-1.5',
  variation: 'dall-e-2',
}

/** The operations of each family (facts 1.3, 1.4, 2.3, 2.4). */
export const OPERATIONS: Readonly<Record<Family, readonly SandboxOperation[]>> = {
  'gpt-1': ['generation', 'edit'],
  'gpt-2': ['generation', 'edit'],
  'gpt-2.5': ['generation', 'edit'],
  'gpt-2.6': ['generation', 'edit'],
  'dall-e-2': ['generation', 'edit', 'variation'],
  'dall-e-3': ['generation'],
  qwen: ['generation'],
  'qwen-edit': ['edit'],
  seedream: ['generation'],
}

const SEEDREAM_PREFIX = /^(?:doubao-|bytedance-)?seedream-./

/** The model of an id; Seedream ids are known by their prefix, since they change with every release. */
export function findModel(id: string): ServedModel | undefined {
  const listed = SERVED_MODELS.find((model) => model.id === id)
  return listed ?? (SEEDREAM_PREFIX.test(id) ? { id, family: 'seedream' } : undefined)
}

/** Gemini's image models live on another route, and fail on this one in a way of their own (facts 1.5, 1.8). */
export function isGemini(id: string): boolean {
  return id.startsWith('gemini-')
}

/** The body of GET /v1/models, in OpenAI's list shape. */
export function modelList(): object {
  const created = Date.UTC(2026, 10, 1) / 1000
  const data = SERVED_MODELS.map(({ id }) => ({ id, object: 'model', created, owned_by: 'cometapi' }))
  return { object: 'list', data }
}

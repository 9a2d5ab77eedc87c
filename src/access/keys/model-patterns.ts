import { GatewayError } from '../../errors/gateway-error.ts'

/** Allows every model. */
export const ALL_MODELS: readonly string[] = Object.freeze(['*'])

/**
 * Whether a model may be used. `modelId` is the resolved id, which goes upstream: an alias has been replaced by what
 * it stands for. Exact and case-sensitive; `*` stands for any characters, wherever it is.
 */
export function allowsModel(patterns: readonly string[], modelId: string): boolean {
  return patterns.some((pattern) => fits(pattern, modelId))
}

/** Whether a pattern with a `*` may fit an id that begins with `prefix`. */
export function mayFit(pattern: string, prefix: string): boolean {
  const [start = ''] = pattern.split('*', 1)
  return start.startsWith(prefix) || prefix.startsWith(start)
}

/** The refusal of a model that is not on a key's list. */
export function modelNotAllowed(keyName: string, patterns: readonly string[], modelId: string): GatewayError {
  const list = patterns.length === 0 ? 'none' : patterns.join(', ')
  const message = `The key '${keyName}' may not use the model '${modelId}'. It may use: ${list}.`
  return new GatewayError('model_not_allowed', message, { param: 'model' })
}

/** Without a regular expression: no pattern can make the matching slow. */
function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const [first = ''] = parts
  if (parts.length === 1) return pattern === text
  const last = parts.at(-1) ?? ''
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from)
    if (found === -1 || found + part.length > end) return false
    from = found + part.length
  }
  return true
}

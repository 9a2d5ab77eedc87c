/** Parameters that are filled in where a caller leaves them out: name → value as a form would have it. */
export type ParameterDefaults = Readonly<Record<string, string>>

export const NO_DEFAULTS: ParameterDefaults = Object.freeze({})

const NAME = /^[a-z][a-z0-9_]{0,63}$/
/** It goes into a header, and between the delimiters of a form: no spaces, no commas, no dash at its beginning. */
const VALUE = /^[\dA-Za-z][\x21-\x2b\x2d-\x7e]{0,127}$/
const MOST = 20

/**
 * Reads `quality=medium,size=1024x1024`.
 * @returns the defaults, or what is wrong with them
 */
export function parseDefaults(text: string): ParameterDefaults | string {
  const entries = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(entryOf)
  if (entries.length === 0) return 'has no entry: write quality=medium,size=1024x1024'
  const twice = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index)
  if (twice !== undefined && NAME.test(twice[0])) return `names ${twice[0]} twice`
  return defaultsProblem(entries) ?? Object.fromEntries(entries)
}

/** The problem with the form of names and values; whether any model takes them is another question. */
export function defaultsProblem(entries: readonly (readonly [name: string, value: string])[]): string | undefined {
  if (entries.length > MOST) return `must have at most ${MOST} entries`
  const wrong = entries.findIndex(([name, value]) => !NAME.test(name) || !VALUE.test(value))
  if (wrong === -1) return undefined
  return `entry ${wrong + 1} must look like quality=medium: a parameter and a value without spaces and commas`
}

/** An entry without `=` has an empty value, which is refused. */
function entryOf(part: string): readonly [name: string, value: string] {
  const [name = ''] = part.split('=', 1)
  return [name, part.slice(name.length + 1)]
}

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const root = dirname(require.resolve('openai'))
const types = readFileSync(join(root, 'resources/images.d.ts'), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '')

/** The strings that a parameter may be, as the package's types list them; undefined where they list none. */
export type Values = readonly string[] | undefined

/** The members of an interface of the installed `openai` package: name → listed strings. */
export function membersOf(name: string): ReadonlyMap<string, Values> {
  const body = new RegExp(`(?:export )?interface ${name} (?:extends \\w+ )?\\{([\\s\\S]*?)\\n\\}`).exec(types)?.[1]
  if (body === undefined) throw new Error(`openai has no interface ${name}`)
  return new Map(
    [...body.matchAll(/^\s{4}(\w+)\??: ([^;]+);/gm)].map(([, member = '', type = '']) => [member, stringsIn(type)]),
  )
}

/** The string literals of a type alias or a member's type. */
function stringsIn(type: string): Values {
  const strings = [...type.matchAll(/'([^']*)'/g)].map(([, value = '']) => value)
  return strings.length === 0 ? undefined : strings
}

/** The ids of the package's `ImageModel`. */
export function modelIds(): readonly string[] {
  return stringsIn(/export type ImageModel = ([^;]+);/.exec(types)?.[1] ?? '') ?? []
}

/** The names of all events of image streams. */
export function eventNames(): readonly string[] {
  return [...types.matchAll(/type: '(image_[\w.]+)'/g)].map(([, name = '']) => name)
}

/** The values of `reasoning.effort` of an svg. */
export function svgEfforts(): readonly string[] {
  return stringsIn(/effort\?: ([^;]+);/.exec(types)?.[1] ?? '') ?? []
}

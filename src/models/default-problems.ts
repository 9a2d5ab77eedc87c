import { nearMiss } from './rules/near-miss.ts'
import { listWords } from './rules/parameter.ts'
import { valueTaken } from './rules/fill-in.ts'
import { unknownModelRules } from './rules/standard-parameters.ts'
import type { Catalogue } from './catalogue.ts'
import type { DefaultValues } from './rules/fill-in.ts'
import type { JsonType } from './rules/parameter.ts'
import type { ParameterRules } from './rules/parameter-rules.ts'

/** Parameters that are the request itself, or decide about the kind of its answer. */
const NEVER: Readonly<Record<string, string>> = {
  model: 'the model of a request that names none is DEFAULT_MODEL',
  prompt: 'every request has its own',
  image: 'every request has its own',
  stream: 'the client decides whether it reads events',
}
const SCALARS: ReadonlySet<JsonType> = new Set(['string', 'integer', 'number', 'boolean'])
const OPEN: ReadonlySet<ParameterRules> = new Set(Object.values(unknownModelRules))

/** A sentence for each default that no model of the catalogue takes. */
export function defaultProblems(catalogue: Catalogue, defaults: DefaultValues): readonly string[] {
  const ruleSets = catalogue.models.flatMap((model) => Object.values(model.ruleSets)).filter((one) => !OPEN.has(one))
  return defaults.flatMap((entry) => problemOf(ruleSets, entry) ?? [])
}

function problemOf(ruleSets: readonly ParameterRules[], entry: DefaultValues[number]): string | undefined {
  const [name, text] = entry
  const why = Object.hasOwn(NEVER, name) ? NEVER[name] : undefined
  if (why !== undefined) return `'${name}' cannot have a default: ${why}.`
  const taking = ruleSets.filter((rules) => takesScalar(rules, name))
  if (taking.length === 0) {
    const names = new Set(ruleSets.flatMap(({ parameters }) => Object.keys(parameters)))
    const meant = nearMiss(name, names)
    if (names.has(name)) return `'${name}' cannot have a default: it is not a text, a number, or true or false.`
    return `No model takes a parameter '${name}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`
  }
  if (taking.some((rules) => valueTaken(rules, new Map(), entry) !== undefined)) return undefined
  const values = new Set(taking.flatMap(({ parameters }) => parameters[name]?.values ?? []))
  const meant = nearMiss(text, values)
  const allowed = values.size === 0 ? '' : ` Models take ${listWords([...values], 'and')}.`
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return `No model takes ${name}=${text}.${allowed}${hint}`
}

function takesScalar({ parameters }: ParameterRules, name: string): boolean {
  const rule = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  return rule?.types.some((type) => SCALARS.has(type)) === true
}

import type { z } from 'zod'
import { listWords } from './parameter.ts'
import { ImageFile } from './image-file.ts'
import { nearMiss } from './near-miss.ts'
import type { Issue } from '../../errors/gateway-error.ts'
import type { JsonType, Parameter } from './parameter.ts'
import type { ParameterRules, ParameterValues } from './parameter-rules.ts'

/** The result of a check: problems, and the parameters that the model does not take (a policy may drop those). */
export interface CheckResult {
  readonly issues: readonly Issue[]
  readonly notTaken: readonly Issue[]
}

/** For so many unknown names it is looked up what was meant; nobody misspells more of them at once. */
const MAX_SEARCHED = 16

/**
 * Checks a request's parameters against a model's rules and reports every problem at once: first the parameters
 * in the order of the rules (the prompt comes first, as at OpenAI), then the rules across parameters, then the
 * names that the model does not take.
 *
 * @param standard names that some image model takes: `unsupported_parameter` rather than `unknown_parameter`
 */
export function checkParameters(
  rules: ParameterRules,
  model: string,
  given: ParameterValues,
  standard: ReadonlySet<string>,
): CheckResult {
  const issues: Issue[] = []
  for (const [name, usual] of rules.entries) {
    const rule = usual.instead?.(given) ?? usual
    const value = given.get(name)
    if (value === undefined) {
      if (rule.required) issues.push(missing(name))
      continue
    }
    const checked = rule.schema.safeParse(value)
    if (!checked.success) issues.push(...refusals(name, rule, value, checked.error))
  }
  for (const { param, broken } of rules.combinations) {
    const message = broken(given)
    if (message !== undefined) issues.push({ code: 'invalid_value', message, param })
  }
  if (rules.open) return { issues, notTaken: [] }
  const notTaken = [...given.keys()]
    .filter((name) => !Object.hasOwn(rules.parameters, name))
    .map((name, index) => refuseName(name, model, rules, standard, index < MAX_SEARCHED))
  return { issues, notTaken }
}

function missing(name: string): Issue {
  return { code: 'missing_required_parameter', message: `Missing required parameter: '${name}'.`, param: name }
}

function refusals(name: string, rule: Parameter, value: unknown, error: z.ZodError): Issue[] {
  const actual = jsonTypeOf(value)
  const wanted = rule.types.some((type) => type === actual || (type === 'number' && actual === 'integer'))
  if (!wanted) return [wrongType(name, rule.types, value)]
  const members = error.issues.flatMap((issue) => memberIssues(issue, []))
  if (members.length === 0) return [wrongValue(name, rule, value)]
  return members.map(({ path, issue }) => wrongMember(name, rule, path, issue))
}

interface MemberIssue {
  readonly path: readonly PropertyKey[]
  readonly issue: z.core.$ZodIssue
}

/** The issues inside an array or object: an unknown member has an empty path and `keys`, a union one list a branch. */
function memberIssues(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): MemberIssue[] {
  const path = [...parent, ...issue.path]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], issue }))
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => issues.some((inner) => inner.path.length > 0)) ?? []
    return branch.flatMap((inner) => memberIssues(inner, path))
  }
  return path.length === 0 ? [] : [{ path, issue }]
}

function wrongMember(name: string, rule: Parameter, path: readonly PropertyKey[], issue: z.core.$ZodIssue): Issue {
  const param = path.reduce(
    (all: string, key) => all + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    name,
  )
  const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value'
  const subject = code === 'invalid_type' ? `Invalid type for '${param}'.` : `Invalid '${param}'.`
  return { code, message: `${subject} Expected ${rule.allowed} for '${name}'.`, param }
}

function wrongType(param: string, types: readonly JsonType[], value: unknown): Issue {
  const expected = types.map(article).join(' or ')
  const hint = types.includes('boolean') ? spellingOfBoolean(value) : ''
  const message = `Invalid type for '${param}': expected ${expected}, but got ${article(jsonTypeOf(value))} instead.${hint}`
  return { code: 'invalid_type', message, param }
}

/** Python writes `True`, some clients write it in quotes. */
function spellingOfBoolean(value: unknown): string {
  const meant = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (meant !== 'true' && meant !== 'false') return ''
  return value === meant ? ` Write ${meant} without quotes.` : ` Write ${meant}, in lower case.`
}

function wrongValue(param: string, rule: Parameter, value: unknown): Issue {
  const shown = quote(value)
  const meant = rule.values === undefined || typeof value !== 'string' ? undefined : nearMiss(value, rule.values)
  const allowed =
    rule.values === undefined ? `Expected ${rule.allowed}.` : `Supported values are: ${listWords(rule.values, 'and')}.`
  const details = [rule.explain?.(value), allowed, meant === undefined ? undefined : `Did you mean '${meant}'?`]
  const subject = shown === undefined ? `Invalid '${param}'.` : `Invalid value for '${param}': ${shown}.`
  return { code: 'invalid_value', message: [subject, ...details.filter(Boolean)].join(' '), param }
}

function refuseName(
  name: string,
  model: string,
  rules: ParameterRules,
  standard: ReadonlySet<string>,
  isSearched: boolean,
): Issue {
  const param = name.length > 64 ? `${name.slice(0, 64)}…` : name
  if (standard.has(name)) {
    const taken = listWords(Object.keys(rules.parameters), 'and')
    const message = `Unsupported parameter: '${param}' is not supported with the model '${model}'. It takes ${taken}.`
    return { code: 'unsupported_parameter', message, param }
  }
  const meant = isSearched ? nearMiss(name, Object.keys(rules.parameters)) : undefined
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return { code: 'unknown_parameter', message: `Unknown parameter: '${param}'.${hint}`, param }
}

/** The JSON type of a parsed value, or `file`; a number with a fraction is a `decimal number`, as OpenAI's messages say. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value) && value[0] instanceof ImageFile) return 'file'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const ARTICLES: Readonly<Record<string, string>> = {
  integer: 'an integer',
  number: 'a decimal number',
  array: 'an array',
  object: 'an object',
  null: 'null',
}

function article(type: string): string {
  return ARTICLES[type] ?? `a ${type}`
}

/** Short strings and numbers as they are; long text (a prompt, an image) is not repeated. */
function quote(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.length <= 64 && value !== '' ? `'${value}'` : undefined
}

import { parseJsonBody } from '../../gateway/requests/json-body.ts'
import { issuesError } from '../../errors/gateway-error.ts'
import { jsonTypeOf } from '../../models/rules/check-parameters.ts'
import type { z } from 'zod'
import type { Issue } from '../../errors/gateway-error.ts'

/** A body may have thousands of problems; nobody reads more of them at once. */
const MAX_ISSUES = 20
const MAX_NAME = 64

/**
 * A JSON body, checked. The body itself may be absent if all its members may be.
 * @throws GatewayError 400 with all problems
 */
export function readBody<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  const isEmpty = body === undefined || body === null || (Buffer.isBuffer(body) && body.length === 0)
  const isOptional = schema.safeParse({}).success
  return read(schema, isEmpty && isOptional ? {} : Object.fromEntries(parseJsonBody(body)))
}

/**
 * A query string, checked: each name at most once.
 * @throws GatewayError 400 with all problems
 */
export function readQuery<S extends z.ZodObject>(schema: S, query: unknown): z.output<S> {
  return read(schema, query)
}

function read<S extends z.ZodObject>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true })
  // zod passes over a member of this name in a plain object, even where the schema refuses unknown ones.
  const hasPrototype = typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')
  if (result.success && !hasPrototype) return result.data
  const issues = (result.error?.issues ?? []).slice(0, MAX_ISSUES).flatMap(issuesOf)
  if (hasPrototype && !issues.some(({ param }) => param === '__proto__')) issues.push(unknown('__proto__'))
  const [first, ...rest] = issues.slice(0, MAX_ISSUES)
  if (first === undefined) throw new TypeError('a value was refused without a problem')
  throw issuesError([first, ...rest])
}

function issuesOf(issue: z.core.$ZodIssue): Issue[] {
  const param = issue.path.map(String).join('.')
  const { input } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknown([...issue.path, key].join('.')))
  if (input === undefined && issue.code !== 'custom') {
    return [{ code: 'missing_required_parameter', message: `Missing required parameter: '${param}'.`, param }]
  }
  if (issue.code === 'invalid_type') {
    const expected = issue.expected === 'int' ? 'integer' : issue.expected
    const found = issue.expected === 'int' && typeof input === 'number' ? 'another number' : jsonTypeOf(input)
    const message = `Invalid type for '${param}': expected ${expected}, but got ${found}.`
    return [{ code: 'invalid_type', message, param }]
  }
  return [{ code: 'invalid_value', message: `Invalid value for '${param}': ${sentence(issue.message)}`, param }]
}

/** Names come from the request, and the log has `param`: nothing in it may move a terminal's cursor. */
function unknown(name: string): Issue {
  const param = name.slice(0, MAX_NAME).replaceAll(/[^\w.[\]-]/g, '?')
  return { code: 'unknown_parameter', message: `Unknown parameter: '${param}'.`, param }
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}

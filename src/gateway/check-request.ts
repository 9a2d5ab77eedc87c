import { NO_DEFAULTS } from '../access/keys/parameter-defaults.ts'
import { GatewayError, issuesError } from '../errors/gateway-error.ts'
import { answersInBase64, ownAnswerForm } from '../models/answer-forms.ts'
import { checkParameters, jsonTypeOf } from '../models/rules/check-parameters.ts'
import { fillIn } from '../models/rules/fill-in.ts'
import { givenParameters } from '../models/rules/given-parameters.ts'
import { listWords } from '../models/rules/parameter.ts'
import { typedFields } from '../models/rules/typed-fields.ts'
import { unknownModelRules } from '../models/rules/standard-parameters.ts'
import type { Caller } from '../access/keys/keyring.ts'
import type { DefaultValues } from '../models/rules/fill-in.ts'
import type { Call, Endpoint } from './requests/endpoint.ts'
import type { Order, ParameterPolicy } from './requests/order.ts'
import type { ErrorCode, Issue } from '../errors/gateway-error.ts'
import { assumption } from '../models/catalogue.ts'
import type { ResolvedModel } from '../models/catalogue.ts'
import type { Gateway } from './gateway.ts'

const POLICY_HEADER = 'x-gateway-parameter-policy'
const MAX_MODEL_NAME = 256
const RESPONSE_FORMAT = 'response_format'

/**
 * The model that a request names, or the default one.
 * @throws GatewayError 404 for a model that is not served here; 400 where `model` is no name at all
 */
export function resolveModel(
  { models, defaultModels }: Pick<Gateway, 'models' | 'defaultModels'>,
  endpoint: Endpoint,
  { parameters, ruleSet, isForm }: Call,
): ResolvedModel {
  const { given } = givenParameters(unknownModelRules[ruleSet], parameters, isForm)
  const named = given.get('model') ?? undefined
  const problem = modelNameProblem(named)
  if (typeof named === 'string' && problem === undefined) return models.resolve(named)
  if (problem === undefined) return { ...models.resolve(defaultModels[endpoint.operation]), isAssumed: true }
  // The types that all models share can still be checked, so that nobody has to correct one problem at a time.
  const others = new Map([...given].filter(([name]) => name !== 'model'))
  throw issuesError([
    problem,
    ...checkParameters(unknownModelRules[ruleSet], '', others, models.namesIn(ruleSet)).issues,
  ])
}

/** The conditions under which a call is checked. */
export interface OrderTerms {
  readonly endpoint: Endpoint
  readonly policy: ParameterPolicy
  readonly defaults: DefaultValues
}

/**
 * Fills in the operator's defaults and checks every parameter against the rules of the model.
 * @throws GatewayError 400 with all problems of the request at once
 */
export function checkCall(
  gateway: Pick<Gateway, 'models'>,
  call: Call,
  model: ResolvedModel,
  { endpoint, policy, defaults }: OrderTerms,
): Order {
  const rules = model.entry.ruleSets[call.ruleSet]
  if (rules === undefined) throw wrongOperation(gateway, endpoint, call, model)
  const { given, empty } = givenParameters(rules, call.parameters, call.isForm)
  const isKnown = rules !== unknownModelRules[call.ruleSet]
  const typed = call.isForm ? typedFields(rules, given) : given
  const { parameters, filled } = fillIn(rules, typed, isKnown ? defaults : [])
  const { issues, notTaken } = checkParameters(rules, model.id, parameters, gateway.models.namesIn(call.ruleSet))
  const unknown =
    notTaken.length === 0 ? [] : [...parameters.keys()].filter((name) => !Object.hasOwn(rules.parameters, name))
  const isRefused = (name: string): boolean => policy === 'strict' && !isRedundant(model, name, parameters.get(name))
  const refused = notTaken.filter((_issue, index) => isRefused(unknown[index] ?? ''))
  const [first, ...rest] = [
    ...issues,
    ...refused.map((issue, index) => withRemedy(issue, model, issues.length + index === 0)),
  ]
  if (first !== undefined) throw issuesError([{ ...first, message: first.message + assumption(model) }, ...rest])
  const isModelSet = parameters.get('model') !== model.id
  const form = Object.hasOwn(rules.parameters, RESPONSE_FORMAT) ? ownAnswerForm(model.entry, parameters) : undefined
  const dropped = form === 'b64_json' ? [...unknown, RESPONSE_FORMAT] : unknown
  const drop = form === undefined ? [...unknown, ...empty] : [...unknown, ...empty, RESPONSE_FORMAT]
  const fill = form === undefined ? filled : new Map([...filled].filter(([name]) => name !== RESPONSE_FORMAT))
  const isChanged = drop.length + fill.size > 0 || isModelSet
  const body = isChanged ? call.rewrite({ drop, model: model.id, fill }) : call.body
  const wantsLinks = form === 'url'
  return { endpoint, call, model, policy, body, parameters, filled, dropped, isModelSet, wantsLinks }
}

/** Asks for what comes anyway: base64 of a model that answers in nothing else. */
function isRedundant({ entry }: ResolvedModel, name: string, value: unknown): boolean {
  return entry.redundant !== undefined && Object.hasOwn(entry.redundant, name) && entry.redundant[name] === value
}

/** The first problem, which clients show, always says how to drop the parameter; further misspellings say what was meant. */
function withRemedy(issue: Issue, { entry }: ResolvedModel, isFirst: boolean): Issue {
  if (!isFirst && issue.message.includes('Did you mean')) return issue
  const shelf =
    issue.param === RESPONSE_FORMAT && answersInBase64(entry)
      ? ' The model answers in base64; this gateway gives links where it keeps pictures (PICTURES=true and DATABASE=true).'
      : ''
  const remedy = `To leave it out, send the header '${POLICY_HEADER}: drop', or set PARAMETER_POLICY=drop.`
  return { ...issue, message: `${issue.message}${shelf} ${remedy}` }
}

/** The defaults that apply to a caller, its key's before everybody's. */
export function defaultsFor(
  caller: Caller | undefined,
  { defaultParameters }: Pick<Gateway, 'defaultParameters'>,
): DefaultValues {
  return [...Object.entries(caller?.key?.defaults ?? NO_DEFAULTS), ...Object.entries(defaultParameters)]
}

/** The policy that applies: the request's own header before the configuration. */
export function policyOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  configured: ParameterPolicy,
): ParameterPolicy {
  const header = headers[POLICY_HEADER]
  if (header === undefined) return configured
  if (header === 'strict' || header === 'drop') return header
  throw new GatewayError('invalid_header', `The header ${POLICY_HEADER} must be 'strict' or 'drop'.`)
}

function wrongOperation(
  { models }: Pick<Gateway, 'models'>,
  { operation }: Endpoint,
  { ruleSet }: Call,
  model: ResolvedModel,
): GatewayError {
  const { id, entry } = model
  if (entry.ruleSets[operation] !== undefined)
    return new GatewayError(
      'invalid_value',
      `The model '${id}' takes edits as multipart/form-data only.${assumption(model)}`,
      { param: 'model' },
    )
  const able = models.models.filter(({ ruleSets }) => ruleSets[ruleSet] !== undefined).map((one) => one.id)
  const message = `The model '${id}' cannot be used for ${operation}. These can: ${listWords(able, 'and')}.`
  return new GatewayError('invalid_value', message + assumption(model), { param: 'model' })
}

function modelNameProblem(named: unknown): Issue | undefined {
  const issue = (code: ErrorCode, message: string): Issue => ({ code, message, param: 'model' })
  if (named === undefined) return undefined
  if (typeof named !== 'string') {
    return issue('invalid_type', `Invalid type for 'model': expected a string, but got ${jsonTypeOf(named)} instead.`)
  }
  if (named === '') return issue('invalid_value', "Invalid 'model': it is empty.")
  if (named.length > MAX_MODEL_NAME)
    return issue('invalid_value', `Invalid 'model': more than ${MAX_MODEL_NAME} characters.`)
  return undefined
}

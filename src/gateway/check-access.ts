import { GatewayError } from '../errors/gateway-error.ts'
import { allowsModel, modelNotAllowed } from '../access/keys/model-patterns.ts'
import type { Call } from './requests/endpoint.ts'
import type { Caller } from '../access/keys/keyring.ts'
import { assumption } from '../models/catalogue.ts'
import type { ResolvedModel } from '../models/catalogue.ts'

/** Parameters that a key's limits depend on. */
const LIMITED_BY: ReadonlySet<string> = new Set(['model', 'n'])
const LONGEST = 5

/**
 * Refuses a model that the caller's key is not for. It is the resolved id that counts: no alias, case or space leads
 * around the list. Nor does a second `Model` beside `model`, where a model takes names that the gateway does not know:
 * CometAPI is written in Go, whose JSON decoder takes names in any case and the last one of several.
 * @throws GatewayError 403, 400
 */
export function checkAccess(
  caller: Caller | undefined,
  model: ResolvedModel,
  { parameters }: Pick<Call, 'parameters'>,
): void {
  const key = caller?.key
  if (key === undefined) return
  if (!allowsModel(key.models, model.id)) {
    const { code, message, details } = modelNotAllowed(key.name, key.models, model.id)
    throw new GatewayError(code, message + assumption(model), details)
  }
  for (const name of parameters.keys()) {
    const meant = name.length <= LONGEST ? name.toLowerCase() : name
    if (meant === name || !LIMITED_BY.has(meant)) continue
    const message = `Unknown parameter: '${name}'. Did you mean '${meant}'?`
    throw new GatewayError('unknown_parameter', message, { param: name })
  }
}

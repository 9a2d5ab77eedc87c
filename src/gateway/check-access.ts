import { allowsModel, modelNotAllowed } from '../keys/model-patterns.ts'
import type { Caller } from '../keys/keyring.ts'
import type { ResolvedModel } from '../models/catalogue.ts'

/**
 * Refuses a model that the caller's key is not for. It is the resolved id that counts: no alias, case or space leads
 * around the list.
 * @throws GatewayError 403
 */
export function checkAccess(caller: Caller | undefined, { id }: ResolvedModel): void {
  const key = caller?.key
  if (key !== undefined && !allowsModel(key.models, id)) throw modelNotAllowed(key.name, key.models, id)
}

import type { ResolvedModel } from '../../models/catalogue.ts'
import type { ParameterValues } from '../../models/rules/parameter-rules.ts'
import type { Body, Call, Endpoint } from './endpoint.ts'

/** The fate of a parameter that the model does not take: the request is refused, or goes on without it. */
export type ParameterPolicy = 'strict' | 'drop'

/** A call that its model takes: what is bought. */
export interface Order {
  readonly endpoint: Endpoint
  readonly call: Call
  readonly model: ResolvedModel
  readonly policy: ParameterPolicy
  /** Sent upstream: the bytes received, unless something was dropped or defaulted. */
  readonly body: Body
  /** Each value as its type. */
  readonly parameters: ParameterValues
  /** Parameters that were left out. */
  readonly dropped: readonly string[]
  /** The request named no model, or an alias, and `model` was set. */
  readonly isModelSet: boolean
}

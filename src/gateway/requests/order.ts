import type { ResolvedModel } from '../../models/catalogue.ts'
import type { FilledValue } from '../../models/rules/fill-in.ts'
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
  /** Each value as its type, with what was filled in. */
  readonly parameters: ParameterValues
  /** The operator's defaults for what the client left out. */
  readonly filled: ReadonlyMap<string, FilledValue>
  /** Parameters that were left out. */
  readonly dropped: readonly string[]
  /** The request named no model, or an alias, and `model` was set. */
  readonly isModelSet: boolean
  /** The client wants links, and its model answers in base64: the gateway keeps the pictures. */
  readonly wantsLinks?: boolean
}

/** All that decides about an order beside what the client sent: path, policy, and what the gateway set by itself. */
export function termsOf({ endpoint, policy, model, isModelSet, filled }: Order): string {
  const set = [...(isModelSet ? [['model', model.id] as const] : []), ...filled]
  return [endpoint.path, policy, ...set.map(([name, value]) => `${name}=${value}`)].join(' ')
}

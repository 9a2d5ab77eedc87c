import type { Operation, RuleSet } from '../../models/model.ts'
import type { FilledValue } from '../../models/rules/fill-in.ts'
import type { ParameterValues } from '../../models/rules/parameter-rules.ts'
import type { SpooledBody } from '../../spool/spool.ts'
import type { IncomingUpload, UploadOptions } from './uploads/receive.ts'

/** The first part of the names of a stream's events: `image_generation.completed`. */
export type EventFamily = 'image_generation' | 'image_edit'

/** One OpenAI operation: where it is mounted and how a request to it is read. */
export interface Endpoint {
  readonly operation: Operation
  /** Path here and, with the same meaning, upstream. */
  readonly path: string
  /** The family of events of a stream; undefined where there are no streams. */
  readonly events: EventFamily | undefined
  readonly body: WholeBody | UploadedBody
}

/** A body that is small enough to be received whole before it is read. */
export interface WholeBody {
  readonly contentTypes: readonly string[]
  /** @throws GatewayError 400 where the body is not what this operation takes */
  readonly parse: (body: unknown) => Call
}

/** A body of files, which is read as it arrives. */
export interface UploadedBody {
  readonly contentTypes: readonly string[]
  /** @throws GatewayError 400, 413, 503 */
  readonly receive: (upload: IncomingUpload, options: UploadOptions) => Promise<Call>
}

/** The bytes that go upstream. */
export type Body = Buffer | SpooledBody

/** A request as its endpoint understood it. */
export interface Call {
  /** The rules that apply to it. */
  readonly ruleSet: RuleSet
  /** The parameters by name, as sent: of a form, numbers are text still. */
  readonly parameters: ParameterValues
  /** Every value came as text. */
  readonly isForm: boolean
  /** SHA-256 of what was asked for; equal for an SDK's retry, whose form has another boundary. */
  readonly digest: () => string
  /** Images that go upstream under another type than they came: `image=image/png`. */
  readonly retyped?: readonly string[]
  /** The bytes received, without files that were not chosen; what goes upstream unless a parameter was dropped or defaulted. */
  readonly body: Body
  readonly contentType: string
  /** The body with parameters left out, others filled in, and the model set. */
  readonly rewrite: (changes: Changes) => Body
  /** Gives back what the body holds on disk. */
  readonly discard: () => void
}

export interface Changes {
  readonly drop: readonly string[]
  readonly model: string
  /** Parameters that take the place of what the client wrote; in a form, their values become text. */
  readonly fill?: ReadonlyMap<string, FilledValue>
}

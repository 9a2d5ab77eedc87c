import type { Catalogue } from '../models/catalogue.ts'
import type { Operation } from '../models/model.ts'
import type { UploadOptions } from './requests/uploads/receive.ts'
import type { CallerLimits } from '../access/limits/caller-limits.ts'
import type { LedgerWriter } from '../accounting/ledger-writer.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Generations } from './generations.ts'

/** What the phases of a request work with; put together in app.ts. */
export interface Gateway {
  readonly models: Catalogue
  readonly generations: Generations
  readonly metrics: Metrics
  /** The model of a request that names none. */
  readonly defaultModels: Readonly<Record<Operation, string>>
  readonly uploads: UploadOptions
  /** Requests and images per minute of every caller. */
  readonly limits: CallerLimits
  /** Undefined where there is no database. */
  readonly ledger: LedgerWriter | undefined
  /** Whether a key with a budget may use a model without a price. */
  readonly allowUnpriced: boolean
  readonly parameterPolicy: ParameterPolicy
  readonly priceMultiplier: number
  /** How long a stream may be silent before a comment goes out, so that no proxy in between cuts the line. */
  readonly streamKeepAliveMs: number
}

/** What to do with a parameter that the model does not take. */
export type ParameterPolicy = 'strict' | 'drop'

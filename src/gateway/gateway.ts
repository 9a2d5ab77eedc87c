import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { Catalogue } from '../models/catalogue.ts'
import type { Operation } from '../models/model.ts'
import type { ParameterPolicy } from './requests/order.ts'
import type { MemoryRoom } from './requests/memory-room.ts'
import type { UploadRoom } from './requests/uploads/upload-room.ts'
import type { UploadOptions } from './requests/uploads/receive.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Generations } from './generations.ts'

/** The parts that the phases of a request work with; put together in app/server.ts. */
export interface Gateway {
  readonly models: Catalogue
  readonly generations: Generations
  readonly metrics: Metrics
  /** The model of a request that names none. */
  readonly defaultModels: Readonly<Record<Operation, string>>
  /** DEFAULT_PARAMETERS: filled in where a caller leaves them out. */
  readonly defaultParameters: ParameterDefaults
  readonly uploads: UploadOptions
  /** The room that unfinished uploads share. */
  readonly uploadRoom: UploadRoom
  /** The largest body that is received into memory. */
  readonly maxBodyBytes: number
  /** The memory that such bodies share. */
  readonly memory: MemoryRoom
  readonly parameterPolicy: ParameterPolicy
  readonly priceMultiplier: number
  /** UNPRICED_MODELS=allow. */
  readonly allowUnpriced: boolean
  /** How long a stream may be silent before a comment goes out, so that no proxy in between cuts the line. */
  readonly streamKeepAliveMs: number
}

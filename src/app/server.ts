import fastify, { LogController } from 'fastify'
import rateLimit from '@fastify/rate-limit'
import { GatewayError } from '../errors/gateway-error.ts'
import { imagesEdits } from '../gateway/requests/images-edits.ts'
import { imagesGenerations } from '../gateway/requests/images-generations.ts'
import { MemoryRoom } from '../gateway/requests/memory-room.ts'
import { UploadRoom } from '../gateway/requests/uploads/upload-room.ts'
import { imagesVariations } from '../gateway/requests/images-variations.ts'
import { Origins } from '../access/origins.ts'
import { WindowStore } from '../access/limits/window-store.ts'
import { authenticator } from '../http/plugins/authenticate.ts'
import { checkLimit } from '../http/plugins/check-limit.ts'
import { answerClientError, errors, frameworkErrorAnswerer } from '../http/plugins/errors.ts'
import { failedAuthentications } from '../http/plugins/failed-authentications.ts'
import { jsonBodies } from '../http/plugins/bodies.ts'
import { unreadBodies } from '../http/plugins/unread-bodies.ts'
import { exchanges } from '../http/plugins/exchanges.ts'
import { corsOptions, refusingForeignPages } from '../http/plugins/origins.ts'
import { unknownUrls } from '../http/plugins/unknown-urls.ts'
import { adminRoutes } from '../http/routes/admin/admin.ts'
import { gatewayRoutes } from '../http/routes/gateway.ts'
import { meRoute } from '../http/routes/me.ts'
import { openaiRoutes } from '../http/routes/openai.ts'
import { openapiRoutes } from '../http/routes/openapi/openapi-routes.ts'
import { operationsRoutes } from '../http/routes/operations.ts'
import { sandboxFilesRoute } from '../http/routes/sandbox-files.ts'
import type { SandboxFile } from '../http/routes/sandbox-files.ts'
import { picturesRoutes } from '../http/routes/pictures.ts'
import type { StorageProblem } from '../http/routes/operations.ts'
import type { FailedAuthentications } from '../http/plugins/failed-authentications.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Keyring } from '../access/keys/keyring.ts'
import type { CallerLimits } from '../access/limits/caller-limits.ts'
import type { Config } from '../config/config.ts'
import type { Adoptions } from '../gateway/adoption/adoptions.ts'
import type { ExchangeLog } from '../gateway/exchange-log.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Pictures } from '../gateway/generation/order-pictures.ts'
import type { Generations } from '../gateway/generations.ts'
import type { Catalogue } from '../models/catalogue.ts'
import type { SpoolDirectory } from '../spool/spool-file.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Database } from './database.ts'

/** OpenAI's image operations. */
export const ENDPOINTS = [imagesGenerations, imagesEdits, imagesVariations]

/** As many JSON bodies of the largest size may be in memory at once. */
const LARGE_BODIES = 2

/** The parts that hooks and routes work with. */
export interface ServerParts {
  readonly catalogue: Catalogue
  readonly defaultModels: Gateway['defaultModels']
  readonly defaultParameters: Gateway['defaultParameters']
  readonly keyring: Keyring
  /** Undefined where there is no database. */
  readonly database: Database | undefined
  readonly metrics: Metrics
  readonly log: ExchangeLog
  readonly logger: Logger
  readonly spool: SpoolDirectory
  readonly adoptions: Adoptions
  readonly limits: CallerLimits
  readonly generations: Generations
  /** Undefined where no pictures are kept. */
  readonly pictures: Pictures | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly isDraining: () => boolean
  readonly storageProblem: () => StorageProblem | undefined
  readonly isSpentUp: () => Promise<boolean>
  /** Undefined where there is no sandbox. */
  readonly downloadFromSandbox: ((link: string) => SandboxFile) | undefined
}

/** Fastify with its hooks and routes, in the order in which a request meets them; not listening yet. */
export async function createServer(config: Config, parts: ServerParts): Promise<FastifyInstance> {
  const { generations, adoptions, log, logger } = parts
  const origins = new Origins(config.CORS_ORIGINS ?? [])
  const server = fastify(optionsOf(origins))
  await server.register(exchanges, { generations, adoptions, log })
  await server.register(errors, {
    origins,
    onDefect: (err, request) => logger.error({ err, requestId: request.exchange.id }, 'defect'),
  })
  if (!origins.isEmpty) await server.register(import('@fastify/cors'), corsOptions(origins))
  await server.register(unreadBodies)
  await server.register(unknownUrls)
  await server.register(jsonBodies, { maxBytes: config.MAX_BODY_BYTES })
  await server.register(rateLimit, { global: false, store: WindowStore })
  const failures = failedAuthentications(server, config.AUTH_FAILURES_PER_MINUTE)
  const gateway = createGateway(config, parts)
  await server.register((calls: FastifyInstance, _options: object, done: () => void) => {
    registerCalls(calls, config, { ...parts, gateway, failures, origins })
    done()
  })
  openapiRoutes(server, { sources: gateway, endpoints: ENDPOINTS, origins })
  registerPictures(server, config, { ...parts, failures, origins })
  const { loopbackOnly, SANDBOX: sandbox, ADMIN_KEY, METRICS_TOKEN } = config
  operationsRoutes(server, {
    metrics: parts.metrics,
    isDraining: parts.isDraining,
    storageProblem: parts.storageProblem,
    isSpentUp: parts.isSpentUp,
    metricsTokens: [METRICS_TOKEN, ADMIN_KEY].filter((token) => token !== undefined),
    metricsAreOpen: METRICS_TOKEN === undefined && (loopbackOnly || sandbox),
    checksHost: loopbackOnly && !sandbox,
    failures,
    origins,
  })
  if (parts.downloadFromSandbox !== undefined) sandboxFilesRoute(server, parts.downloadFromSandbox)
  return server
}

function optionsOf(origins: Origins) {
  return {
    // The exchange writes the one line of a request; Fastify's own would print the query string.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    // The SDKs' own time-out for a whole request; it also ends a connection that sends nothing.
    requestTimeout: 600_000,
    // Requests on open connections while draining are refused below, in OpenAI's shape.
    return503OnClosing: false,
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    clientErrorHandler: answerClientError,
    frameworkErrors: frameworkErrorAnswerer(origins),
    // Routes check with zod; Fastify's own compilers would be loaded all the same, which takes 30 ms.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  }
}

function noSchemas(): never {
  throw new TypeError('no route has a schema of Fastify')
}

/** The parts that the phases of a request work with. */
function createGateway(config: Config, parts: ServerParts): Gateway {
  const { catalogue, generations, metrics, defaultModels, defaultParameters, spool } = parts
  return {
    models: catalogue,
    generations,
    metrics,
    defaultModels,
    defaultParameters,
    uploads: { spool, ...largestUpload(config) },
    uploadRoom: new UploadRoom({
      maxBytes: config.MAX_UPLOADS_BYTES,
      maxBytesPerCaller: config.MAX_UPLOADS_BYTES_PER_KEY,
      disk: spool.room,
    }),
    maxBodyBytes: config.MAX_BODY_BYTES,
    memory: new MemoryRoom(LARGE_BODIES * config.MAX_BODY_BYTES),
    parameterPolicy: config.PARAMETER_POLICY,
    priceMultiplier: config.PRICE_MULTIPLIER,
    allowUnpriced: config.UNPRICED_MODELS === 'allow',
    streamKeepAliveMs: config.STREAM_KEEP_ALIVE_MS,
  }
}

/** The smallest of the limits that one upload must keep to, and its variable. */
function largestUpload(config: Config): { readonly maxBytes: number; readonly limitedBy: string } {
  const limits = ['MAX_UPLOAD_BYTES', 'MAX_UPLOADS_BYTES_PER_KEY', 'MAX_UPLOADS_BYTES'] as const
  const limitedBy = limits.reduce((a, b) => (config[b] < config[a] ? b : a))
  return { maxBytes: config[limitedBy], limitedBy }
}

interface CallerParts extends ServerParts {
  readonly failures: FailedAuthentications
  readonly origins: Origins
}

interface CallParts extends CallerParts {
  readonly gateway: Gateway
}

/** The hook that finds the caller. */
function authenticateHook(config: Config, { keyring, database, failures }: CallerParts) {
  const { loopbackOnly, SANDBOX: sandbox } = config
  return authenticator({ keyring, virtualKeys: database?.virtualKeys, loopbackOnly, sandbox, failures })
}

/** Pictures are served while draining, too: a link that was just given may be followed. */
function registerPictures(server: FastifyInstance, config: Config, parts: CallerParts): void {
  const { pictures, origins, now } = parts
  const onRequest = [refusingForeignPages(origins), authenticateHook(config, parts)]
  picturesRoutes(server, { kept: pictures, onRequest, now })
}

/** The routes of callers: foreign pages are refused, then everybody while draining; then the caller is found. */
function registerCalls(calls: FastifyInstance, config: Config, parts: CallParts): void {
  const { database, isDraining, gateway, failures, origins } = parts
  const { ADMIN_KEY, RATE_LIMIT_RPM: requestsPerMinute } = config
  calls.addHook('onRequest', refusingForeignPages(origins))
  calls.addHook('onRequest', refusingWhile(isDraining))
  calls.addHook('onRequest', authenticateHook(config, parts))
  openaiRoutes(calls, gateway, ENDPOINTS)
  gatewayRoutes(calls, { gateway, endpoints: ENDPOINTS, checkLimit: checkLimit(calls, config.CHECK_RATE_LIMIT_RPM) })
  meRoute(calls, { ledger: database?.ledger, limits: parts.limits, requestsPerMinute })
  adminRoutes(calls, { database: database?.forAdministrators, hasAdminKey: ADMIN_KEY !== undefined, failures })
}

function refusingWhile(isDraining: () => boolean) {
  return function refuseWhileDraining(_: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void): void {
    if (!isDraining()) return next()
    reply.header('connection', 'close')
    next(new GatewayError('shutting_down', 'The gateway is stopping and takes no new requests.'))
  }
}

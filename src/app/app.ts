import fastify, { LogController } from 'fastify'
import rateLimit from '@fastify/rate-limit'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ConfigError } from '../config/config.ts'
import { imagesEdits } from '../gateway/requests/images-edits.ts'
import { imagesGenerations } from '../gateway/requests/images-generations.ts'
import { imagesVariations } from '../gateway/requests/images-variations.ts'
import { ERRORS, GatewayError } from '../errors/gateway-error.ts'
import { Adoptions } from '../gateway/adoption/adoptions.ts'
import { ExchangeLog } from '../gateway/exchange-log.ts'
import { Generations } from '../gateway/generations.ts'
import { ANONYMOUS, Keyring } from '../access/keys/keyring.ts'
import { createLogging, createRedactor } from '../telemetry/logging.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { Catalogue } from '../models/catalogue.ts'
import { loadModelsFile } from '../models/models-file.ts'
import { authenticator } from '../http/plugins/authenticate.ts'
import { answerClientError, answerFrameworkError, errors } from '../http/plugins/errors.ts'
import { jsonBodies } from '../http/plugins/bodies.ts'
import { exchanges } from '../http/plugins/exchanges.ts'
import { KeyLimits } from '../access/limits/key-limits.ts'
import { adminRoutes } from '../http/routes/admin/admin.ts'
import { gatewayRoutes } from '../http/routes/gateway.ts'
import { meRoute } from '../http/routes/me.ts'
import { openaiRoutes } from '../http/routes/openai.ts'
import { openapiRoute } from '../http/routes/openapi/openapi.ts'
import { operationsRoutes } from '../http/routes/operations.ts'
import { SpoolDirectory } from '../spool/spool.ts'
import { openTeam } from './database.ts'
import { Upstream } from '../upstream/upstream.ts'
import { VERSION } from '../version.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { LoadedModels } from '../models/models-file.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Team } from './database.ts'
import type { RequestCounter } from '../access/limits/rate-limit.ts'

const ENDPOINTS = [imagesGenerations, imagesEdits, imagesVariations]
const MINUTE_MS = 60_000
/** Keys and addresses whose counts are kept at once; beyond it the least recently seen are forgotten. */
const COUNTED_CALLERS = 50_000

export interface App {
  readonly server: FastifyInstance
  readonly logger: Logger
  /** Stops taking work, lets what is under way finish, closes everything. */
  readonly close: () => Promise<void>
  readonly flushLogs: () => Promise<void>
  /** The generations that are under way, by id. */
  readonly underWay: () => readonly string[]
}

export interface AppOptions {
  /** Where log lines go; default standard output. */
  readonly logDestination?: DestinationStream
}

/** The composition root: every part is made and registered here, by hand, in order. */
export async function createApp(config: Config, { logDestination }: AppOptions = {}): Promise<App> {
  const keyring = new Keyring(config.GATEWAY_KEYS ?? [], config.ADMIN_KEY)
  const catalogue = createCatalogue(config)
  const sandbox = config.SANDBOX ? await startSandbox(config) : undefined
  const upstreamKey = sandbox?.key ?? config.COMETAPI_KEY ?? ''
  const secrets = secretsOf(config, upstreamKey)
  const redact = createRedactor(secrets)
  const { logger, flush } = await createLogging({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
    secrets,
    ...(logDestination === undefined ? {} : { destination: logDestination }),
  })
  const team = openTeam(config, logger)
  const metrics = new Metrics(VERSION)
  startMetrics(metrics, catalogue, keyring)
  const upstream = new Upstream({
    baseUrl: sandbox?.url ?? config.COMETAPI_BASE_URL,
    key: upstreamKey,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
  })
  const log = new ExchangeLog(logger, metrics)
  const spool = new SpoolDirectory(join(config.DATA_DIR, 'spool'))
  await spool.sweep()
  const adoptions = new Adoptions({
    directory: spool,
    ttlMs: config.ORPHAN_TTL_MS,
    maxDiskBytes: config.ORPHAN_SPOOL_BYTES,
  })
  const generations = new Generations({
    upstream,
    metrics,
    adoptions,
    books: team?.books,
    maxInFlight: config.MAX_IN_FLIGHT,
    maxRetries: config.UPSTREAM_RETRIES,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    priceMultiplier: config.PRICE_MULTIPLIER,
    redact,
    onOrphanSettled: (exchange, generation) => log.orphanSettled(exchange, generation),
  })

  const server = createServer(config)
  let isDraining = false
  await server.register(exchanges, { generations, adoptions, log })
  await server.register(errors, {
    maxBodyBytes: config.MAX_BODY_BYTES,
    onDefect: (err, request) => logger.error({ err, requestId: request.exchange.id }, 'defect'),
  })
  await server.register(jsonBodies)
  await server.register(rateLimit, { global: false, cache: COUNTED_CALLERS })
  const gateway: Gateway = {
    models: catalogue,
    generations,
    metrics,
    defaultModels: defaultModels(config),
    keyLimits: new KeyLimits(),
    books: team?.books,
    allowUnpriced: config.UNPRICED_MODELS === 'allow',
    uploads: { spool, maxBytes: config.MAX_UPLOAD_BYTES },
    parameterPolicy: config.PARAMETER_POLICY,
    priceMultiplier: config.PRICE_MULTIPLIER,
    streamKeepAliveMs: config.STREAM_KEEP_ALIVE_MS,
    countRequest:
      config.RATE_LIMIT_RPM === 0
        ? undefined
        : createCounter(server, config.RATE_LIMIT_RPM, ({ exchange }) => exchange.caller?.name ?? ''),
  }
  await registerRoutes(server, config, { keyring, team, gateway, isDraining: () => isDraining })

  const close = async (): Promise<void> => {
    isDraining = true
    // A busy keep-alive connection becomes idle after its answer and would hold the server open for over a minute.
    const closingIdle = setInterval(() => server.server.closeIdleConnections(), 100)
    await server.close()
    clearInterval(closingIdle)
    await generations.idle()
    adoptions.close()
    await team?.close()
    await upstream.close()
    await sandbox?.close()
    logger.info('stopped')
    await flush()
  }
  return { server, logger, close, flushLogs: flush, underWay: () => adoptions.underWay().map(({ id }) => id) }
}

function createCatalogue(config: Config): Catalogue {
  const catalogue = new Catalogue({ unknownModels: config.UNKNOWN_MODELS, ...modelsFile(config) })
  const problems = (['DEFAULT_MODEL', 'DEFAULT_EDIT_MODEL'] as const).flatMap((name) => {
    const operation = name === 'DEFAULT_MODEL' ? 'images.generations' : 'images.edits'
    try {
      const { entry } = catalogue.resolve(config[name])
      return entry.ruleSets[operation] === undefined ? [`${name} cannot be used: it is no model for ${operation}`] : []
    } catch (error) {
      return [`${name} cannot be used: ${error instanceof Error ? error.message : String(error)}`]
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return catalogue
}

/** dall-e-2 is the only model that makes variations. */
function defaultModels(config: Config): Gateway['defaultModels'] {
  return {
    'images.generations': config.DEFAULT_MODEL,
    'images.edits': config.DEFAULT_EDIT_MODEL,
    'images.variations': 'dall-e-2',
  }
}

function modelsFile({ MODELS_FILE }: Config): Partial<LoadedModels> {
  if (MODELS_FILE === undefined) return {}
  try {
    return loadModelsFile(MODELS_FILE)
  } catch (error) {
    throw new ConfigError([`MODELS_FILE (${MODELS_FILE}) ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** The sandbox has a key of its own, made for this run, so that key injection is exercised too. */
async function startSandbox(config: Config): Promise<{ key: string; url: string; close: () => Promise<void> }> {
  const { startSandbox: start } = await import('../../sandbox/sandbox.ts')
  const key = `sk-sandbox-${randomBytes(16).toString('hex')}`
  const sandbox = await start({
    apiKey: key,
    latencyMs: config.SANDBOX_LATENCY_MS,
    failureRate: config.SANDBOX_FAILURE_RATE,
  })
  return { key, url: sandbox.url, close: () => sandbox.close() }
}

function secretsOf(config: Config, upstreamKey: string): string[] {
  const named = (config.GATEWAY_KEYS ?? []).map(({ key }) => key)
  const all = [upstreamKey, config.COMETAPI_KEY, config.ADMIN_KEY, config.METRICS_TOKEN, ...named]
  return all.filter((secret) => secret !== undefined && secret !== '') as string[]
}

function startMetrics(metrics: Metrics, { models }: Catalogue, keyring: Keyring): void {
  const keys = keyring.isEmpty ? [ANONYMOUS.name] : keyring.names
  const rejections = Object.entries(ERRORS).filter(([, { status }]) => status < 500)
  const labels = [...models.map(({ id }) => id), 'other']
  metrics.startAtZero(
    ENDPOINTS.map(({ operation }) => operation),
    labels,
    keys,
    rejections.map(([code]) => code),
  )
}

function createServer(config: Config): FastifyInstance {
  return fastify({
    // The exchange writes the one line of a request; Fastify's own would print the query string.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.MAX_BODY_BYTES,
    // As long as the SDKs wait for all of it; short enough to end a connection that sends nothing.
    requestTimeout: 600_000,
    // Requests on open connections while draining are refused below, in OpenAI's shape.
    return503OnClosing: false,
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  })
}

/** Counts requests in windows of one minute; each counter has a store of its own. */
function createCounter(
  server: FastifyInstance,
  max: number,
  keyGenerator?: (request: FastifyRequest) => string,
): RequestCounter {
  // Without a key generator it counts addresses, IPv6 by the /64 that one site has.
  const byKey = keyGenerator === undefined ? { ipv6Subnet: 64 } : { keyGenerator }
  return server.createRateLimit({ max, timeWindow: MINUTE_MS, ...byKey })
}

interface Parts {
  readonly keyring: Keyring
  readonly team: Team | undefined
  readonly gateway: Gateway
  readonly isDraining: () => boolean
}

async function registerRoutes(
  server: FastifyInstance,
  config: Config,
  { keyring, team, gateway, isDraining }: Parts,
): Promise<void> {
  const { loopbackOnly, SANDBOX: sandbox, ADMIN_KEY, METRICS_TOKEN } = config
  const failures = createCounter(server, config.AUTH_FAILURES_PER_MINUTE)
  const { virtualKeys } = team ?? {}
  const authenticate = authenticator({ keyring, virtualKeys, loopbackOnly, sandbox, countFailure: failures })
  await server.register((calls: FastifyInstance, _options: object, done: () => void) => {
    calls.addHook(
      'onRequest',
      function refuseWhileDraining(_request: FastifyRequest, reply: FastifyReply, next: (error?: Error) => void): void {
        if (!isDraining()) return next()
        reply.header('connection', 'close').header('retry-after', '1')
        next(new GatewayError('shutting_down', 'The gateway is stopping and takes no new requests.'))
      },
    )
    calls.addHook('onRequest', authenticate)
    openaiRoutes(calls, gateway, ENDPOINTS)
    gatewayRoutes(calls, gateway, ENDPOINTS)
    openapiRoute(calls, gateway, ENDPOINTS)
    meRoute(calls, { books: team?.books, keyLimits: gateway.keyLimits, requestsPerMinute: config.RATE_LIMIT_RPM })
    adminRoutes(calls, {
      database: team?.forAdministrators,
      hasAdminKey: ADMIN_KEY !== undefined,
      countFailure: failures,
    })
    done()
  })
  operationsRoutes(server, {
    metrics: gateway.metrics,
    isDraining,
    metricsTokens: [METRICS_TOKEN, ADMIN_KEY].filter((token) => token !== undefined),
    metricsAreOpen: METRICS_TOKEN === undefined && (loopbackOnly || sandbox),
    checksHost: loopbackOnly && !sandbox,
  })
}

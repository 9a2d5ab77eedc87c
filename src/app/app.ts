import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Adoptions } from '../gateway/adoption/adoptions.ts'
import { ExchangeLog } from '../gateway/exchange-log.ts'
import { Generations } from '../gateway/generations.ts'
import { MemoryOrderKeys } from '../accounting/memory-order-keys.ts'
import { CallerLimits } from '../access/limits/caller-limits.ts'
import { systemClock } from '../gateway/generation/clock.ts'
import { Keyring } from '../access/keys/keyring.ts'
import { createLogging, createRedactor } from '../telemetry/logging.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { DiskRoom } from '../spool/disk-room.ts'
import { SpoolDirectory } from '../spool/spool-file.ts'
import { Upstream } from '../upstream/upstream.ts'
import { UpstreamPauses } from '../upstream/pauses.ts'
import { VERSION } from '../version.ts'
import { checkedDefaultModels, checkedDefaultParameters, configuredCatalogue, everythingCosts } from './catalogue.ts'
import { Closers } from './closers.ts'
import { startAlerts } from './alerts.ts'
import { findingAbout } from './data-directory.ts'
import { isSpentUp, openDatabase, storageProblem } from './database.ts'
import { showAtScrape, startMetrics } from './gauges.ts'
import { PublicUrl } from './public-url.ts'
import { openPictures } from './pictures.ts'
import { startSandbox } from './sandbox.ts'
import { createServer } from './server.ts'
import type { FastifyInstance } from 'fastify'
import type { DestinationStream, Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { AlertSender } from '../accounting/alerts/alert-sender.ts'
import type { Clock } from '../gateway/generation/clock.ts'
import type { Logging } from '../telemetry/logging.ts'

export interface App {
  readonly server: FastifyInstance
  readonly logger: Logger
  /** Stops taking work, lets what is under way finish, closes everything. */
  readonly close: () => Promise<void>
  readonly flushLogs: () => Promise<void>
  /** The generations that are under way, by id. */
  readonly underWay: () => readonly string[]
  /** Pieces of memory that hold bytes of answers which are flowing, or are kept since a moment ago. */
  readonly slabsInUse: () => number
}

export interface AppOptions {
  /** The destination of log lines; default standard output. */
  readonly logDestination?: DestinationStream
  /** Default the machine's own time. */
  readonly clock?: Clock
}

/**
 * The composition root: every part is made here, by hand, in order, and closed in reverse. If one cannot be made, the parts
 * before it are closed.
 */
export async function createApp(config: Config, options: AppOptions = {}): Promise<App> {
  const { logDestination: destination, clock = systemClock } = options
  // The sandbox has a key of its own, made for this run, so that key injection is exercised too.
  const upstreamKey = config.SANDBOX ? `sk-sandbox-${randomBytes(16).toString('hex')}` : (config.COMETAPI_KEY ?? '')
  const secrets = secretsOf(config, upstreamKey)
  const { LOG_LEVEL: level, LOG_FORMAT: format } = config
  const logging = await createLogging({ level, format, secrets, ...(destination === undefined ? {} : { destination }) })
  const { logger } = logging
  const closers = new Closers({ onFailure: (err, part) => logger.error({ err, part }, 'a part could not be closed') })
  try {
    return await compose(config, { upstreamKey, redact: createRedactor(secrets), logging, closers, clock })
  } catch (error) {
    await closers.close().catch(() => {}) // its failures are in the log
    throw error
  }
}

interface Foundation {
  readonly upstreamKey: string
  readonly redact: (text: string) => string
  readonly logging: Logging
  readonly closers: Closers
  readonly clock: Clock
}

async function compose(config: Config, foundation: Foundation): Promise<App> {
  const { upstreamKey, redact, logging, closers, clock } = foundation
  const { logger, flush } = logging
  let isDraining = false
  closers.add('log', async () => {
    if (isDraining) logger.info('stopped')
    await flush()
  })
  const catalogue = configuredCatalogue(config)
  const defaultModels = checkedDefaultModels(catalogue, config)
  const defaultParameters = checkedDefaultParameters(catalogue, config)
  const keyring = new Keyring(config.GATEWAY_KEYS ?? [], config.ADMIN_KEY)

  const publicUrl = new PublicUrl(config.PUBLIC_URL)
  const sandbox = config.SANDBOX ? await startSandbox(config, { key: upstreamKey, publicUrl }) : undefined
  closers.add('sandbox', () => sandbox?.close())
  const upstream = new Upstream({
    baseUrl: sandbox?.url ?? config.COMETAPI_BASE_URL,
    key: upstreamKey,
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    redact,
  })
  closers.add('upstream', () => upstream.close())
  const room = new DiskRoom({ directory: config.DATA_DIR, reserveBytes: config.DISK_RESERVE, now: () => clock.now() })
  let alerts: AlertSender | undefined
  const database = openDatabase(config, { logger, clock, room, catalogue, onAlert: () => alerts?.wake() })
  const finding = findingAbout(config.DATA_DIR)
  if (finding !== undefined) logger[finding.isDangerous ? 'warn' : 'info'](finding.says)
  closers.add('database', () => database?.close())

  const metrics = new Metrics(VERSION)
  startMetrics(metrics, catalogue, keyring)
  alerts = await startAlerts(config, { store: database?.alerts, clock, metrics, logger })
  closers.add('alerts', () => alerts?.close())
  const log = new ExchangeLog(logger, metrics)
  const spool = new SpoolDirectory(join(config.DATA_DIR, 'spool'), room)
  await spool.sweep()
  const adoptions = new Adoptions({
    directory: spool,
    ttlMs: config.ORPHAN_TTL_MS,
    maxDiskBytes: config.ORPHAN_SPOOL_BYTES,
    clock,
  })
  closers.add('kept answers', () => adoptions.close())
  const pictures = await openPictures(config, { database, room, logger, metrics, clock, publicUrl, closers })
  const limits = new CallerLimits({ requestsPerMinute: config.RATE_LIMIT_RPM })
  const generations = new Generations({
    upstream,
    metrics,
    adoptions,
    clock,
    limits,
    pauses: new UpstreamPauses(),
    ledger: database?.ledger,
    orderKeys: new MemoryOrderKeys(),
    idempotencyTtlMs: config.IDEMPOTENCY_TTL_MS,
    allowUnpriced: config.UNPRICED_MODELS === 'allow',
    everythingCosts: everythingCosts(catalogue, config),
    maxInFlight: config.MAX_IN_FLIGHT,
    maxRetries: config.UPSTREAM_RETRIES,
    timeoutMs: config.UPSTREAM_TIMEOUT_MS,
    priceMultiplier: config.PRICE_MULTIPLIER,
    redact: upstream.redact,
    pictures,
    onOrphanSettled: (...settled) => log.orphanSettled(...settled),
  })
  closers.add('generations under way', () => generations.idle())
  showAtScrape(metrics, { adoptions, database, room, clock })

  const parts = {
    catalogue,
    defaultModels,
    defaultParameters,
    keyring,
    database,
    metrics,
    log,
    spool,
    adoptions,
    limits,
    generations,
    pictures,
  }
  const server = await createServer(config, {
    ...parts,
    logger,
    now: () => clock.date(),
    isDraining: () => isDraining,
    storageProblem: () => storageProblem(database, room),
    isSpentUp: async () => isSpentUp(database, clock.date()),
    downloadFromSandbox: sandbox?.download,
  })
  server.addHook('onListen', (done) => {
    const address = server.server.address()
    if (address !== null && typeof address === 'object') publicUrl.listensOn(address.address, address.port)
    done()
  })
  closers.add('server', () => closeServer(server))

  const close = async (): Promise<void> => {
    isDraining = true
    await closers.close()
  }
  const underWay = (): readonly string[] => adoptions.underWay().map(({ id }) => id)
  return { server, logger, close, flushLogs: flush, underWay, slabsInUse: () => upstream.slabs.inUse }
}

/** A busy keep-alive connection becomes idle after its answer and would hold the server open for over a minute. */
async function closeServer(server: FastifyInstance): Promise<void> {
  const closingIdle = setInterval(() => server.server.closeIdleConnections(), 100)
  try {
    await server.close()
  } finally {
    clearInterval(closingIdle)
  }
}

function secretsOf(config: Config, upstreamKey: string): string[] {
  const named = (config.GATEWAY_KEYS ?? []).map(({ key }) => key)
  const { COMETAPI_KEY, ADMIN_KEY, METRICS_TOKEN, ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET } = config
  const all = [upstreamKey, COMETAPI_KEY, ADMIN_KEY, METRICS_TOKEN, ALERT_WEBHOOK_URL, ALERT_WEBHOOK_SECRET, ...named]
  return all.filter((secret) => secret !== undefined && secret !== '') as string[]
}

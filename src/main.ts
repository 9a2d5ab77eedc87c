import { flushCompileCache } from 'node:module'
import { keepCompiledCode } from './app/compile-cache.js'
import type { App } from './app/app.ts'
import type { Config } from './config/config.ts'

/** The time for the last log lines after the drain's deadline. */
const GIVE_UP_MS = 2000

// Before anything else is imported: code from the cache is neither compiled nor stripped of its types again.
const cacheProblem = keepCompiledCode()
const { endingOf } = await import('./app/failure.ts')
const { boundYoungGeneration } = await import('./app/young-generation.ts')
const { isDoneWithin } = await import('./errors/time-limit.ts')
const { loadEnvFile, readConfig } = await import('./config/config.ts')

/** The process: configuration → app → listen → drain. */
async function main(): Promise<void> {
  loadEnvFile()
  const config = readConfig()
  const { createApp } = await import('./app/app.ts') // which is most of the code
  boundYoungGeneration()
  const app = await createApp(config)
  const limits = { delay: config.DRAIN_TIMEOUT_MS + GIVE_UP_MS, logger: false } as const
  const { default: closeWithGrace } = await import('close-with-grace')
  closeWithGrace(limits, async ({ err, signal }) => {
    if (err !== undefined) app.logger.fatal({ err }, 'defect: the process ends')
    else app.logger.info({ signal }, 'stopping: no new requests, waiting for what is under way')
    if (await isDoneWithin(config.DRAIN_TIMEOUT_MS, app.close())) return
    const generations = app.underWay()
    app.logger.error(
      { underWay: generations.length, generations },
      'DRAIN_TIMEOUT_MS is over: what is under way is given up',
    )
    await app.flushLogs()
    throw new Error('not drained') // exit code 1
  })
  const address = await app.server.listen({ host: config.HOST, port: config.PORT })
  announce(app, config, address)
  if (cacheProblem !== undefined) app.logger.warn(cacheProblem)
  flushCompileCache()
}

function announce({ logger }: App, config: Config, address: string): void {
  const upstream = config.SANDBOX ? 'the offline sandbox' : config.COMETAPI_BASE_URL
  logger.info({ upstream }, `comet-gateway listens on ${address}/v1`)
  const { loopbackOnly, GATEWAY_KEYS = [], SANDBOX } = config
  if (!loopbackOnly && GATEWAY_KEYS.length === 0 && !SANDBOX)
    logger.warn('GATEWAY_KEYS is empty: only the holder of ADMIN_KEY may call')
}

await main().catch((error: unknown) => {
  const { message, exitCode } = endingOf(error)
  console.error(message)
  process.exit(exitCode)
})

import { GatewayError } from '../../errors/gateway-error.ts'
import type { ErrorCode } from '../../errors/gateway-error.ts'
import { bearerToken, secretsEqual } from '../../access/keys/keyring.ts'
import { refuseForeignHost } from '../plugins/local-host.ts'
import { refusingForeignPages } from '../plugins/origins.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { FailedAuthentications } from '../plugins/failed-authentications.ts'
import type { Origins } from '../../access/origins.ts'
import type { Metrics } from '../../telemetry/metrics.ts'

/** `storage_full`: for want of room on the disk; `storage_unavailable`: the database was moved, deleted or replaced. */
export type StorageProblem = Extract<ErrorCode, 'storage_full' | 'storage_unavailable'>

export interface OperationsOptions {
  readonly metrics: Metrics
  readonly isDraining: () => boolean
  /** Orders or uploads would be refused with this code. */
  readonly storageProblem: () => StorageProblem | undefined
  /** Nothing is left of SPEND_LIMIT. */
  readonly isSpentUp: () => Promise<boolean>
  /** Tokens that may read the metrics. */
  readonly metricsTokens: readonly string[]
  /** Whether anyone may read the metrics: on loopback, or in the sandbox, without a METRICS_TOKEN. */
  readonly metricsAreOpen: boolean
  /** Whether open metrics are for local host names only. */
  readonly checksHost: boolean
  readonly failures: FailedAuthentications
  readonly origins: Origins
}

/** Routes for orchestrators and Prometheus: is the process alive, does it take work, what has it done? */
export function operationsRoutes(app: FastifyInstance, options: OperationsOptions): void {
  const { metrics, isDraining, storageProblem, isSpentUp } = options
  app.get('/healthz', { config: { endpoint: 'healthz', isRoutine: true } }, () => ({ status: 'ok' }))
  app.get('/readyz', { config: { endpoint: 'readyz', isRoutine: true } }, async (_request, reply) => {
    const status = isDraining() ? 'draining' : (storageProblem() ?? 'ready')
    if (status !== 'ready') return reply.code(503).send({ status })
    // Still ready: answers that were paid for, pages and reports need no money, and no other gateway has more.
    const spendLimit = (await isSpentUp()) ? { spend_limit: 'used_up' } : {}
    return reply.send({ status, ...spendLimit })
  })
  const onRequest = refusingForeignPages(options.origins)
  app.get('/metrics', { onRequest, config: { endpoint: 'metrics', isRoutine: true } }, async (request, reply) => {
    await allowMetrics(request, options)
    return reply.type(metrics.contentType).send(await metrics.exposition())
  })
}

async function allowMetrics(request: FastifyRequest, options: OperationsOptions): Promise<void> {
  const { metricsTokens, metricsAreOpen, checksHost, failures } = options
  if (metricsAreOpen && checksHost) refuseForeignHost(request.hostname)
  if (metricsAreOpen) return
  const limited = await failures.refusalOf(request)
  if (limited !== undefined) throw limited
  const token = bearerToken(request.headers.authorization)
  if (token !== undefined && metricsTokens.some((expected) => secretsEqual(token, expected))) return
  const how =
    metricsTokens.length === 0
      ? 'Set METRICS_TOKEN on the gateway to read its metrics from other machines.'
      : 'Send METRICS_TOKEN or ADMIN_KEY in the header Authorization: Bearer.'
  const refusal = new GatewayError(token === undefined ? 'invalid_api_key' : 'forbidden', how)
  throw (await failures.count(request)) ?? refusal
}

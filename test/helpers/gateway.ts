import { createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { temporaryDirectory } from './directory.ts'
import { eventually } from './eventually.ts'
import { clientOf, UPSTREAM_KEY } from './gateways/gateway-client.ts'
import type { AddressInfo } from 'node:net'
import type { App, AppOptions } from '../../src/app/app.ts'
import type { GatewayClient } from './gateways/gateway-client.ts'

/** A gateway in this process. */
export interface TestGateway extends GatewayClient {
  readonly app: App
  /** Its DATA_DIR. */
  readonly directory: string
  /** Log lines written so far, as text. */
  readonly lines: string[]
  /** Log lines from the one at `from` on, parsed. */
  parsedLines(from?: number): Record<string, unknown>[]
  /** The log line of an exchange; waits until it is written. */
  logOf(response: Response): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/**
 * A whole gateway on a real socket, in front of `upstreamUrl`, with a directory of its own unless DATA_DIR names one. Its
 * time may be a ManualClock's.
 */
export async function startGateway(
  upstreamUrl: string,
  environment: Readonly<Record<string, string>> = {},
  options: Pick<AppOptions, 'clock'> = {},
): Promise<TestGateway> {
  const lines: string[] = []
  const own = environment['DATA_DIR'] === undefined ? temporaryDirectory() : undefined
  const directory = own?.path ?? environment['DATA_DIR'] ?? ''
  const config = readConfig({
    COMETAPI_KEY: UPSTREAM_KEY,
    COMETAPI_BASE_URL: upstreamUrl,
    PORT: '0',
    DATABASE: 'false',
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'debug',
    ...environment,
    DATA_DIR: directory,
  })
  const app = await createApp(config, { ...options, logDestination: { write: (line) => void lines.push(line) } })
  await app.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    ...clientOf(url),
    app,
    directory,
    lines,
    parsedLines: (from = 0) => lines.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>),
    logOf: async (response) => logOf(lines, response.headers.get('x-request-id') ?? ''),
    close: async () => {
      await app.close()
      own?.remove()
    },
  }
}

async function logOf(lines: readonly string[], requestId: string): Promise<Record<string, unknown>> {
  const line = await eventually(
    `the log line of ${requestId}`,
    () => lines.find((one) => one.includes(requestId) && one.includes('"msg":"request"')) ?? false,
  )
  return JSON.parse(line) as Record<string, unknown>
}

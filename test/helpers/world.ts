import { temporaryDirectory } from './directory.ts'
import { launchGateway, listening } from './gateways/gateway-process.ts'
import { startGateway } from './gateway.ts'
import type { GatewayProcess, LaunchedGateway } from './gateways/gateway-process.ts'
import type { AppOptions } from '../../src/app/app.ts'
import type { TestGateway } from './gateway.ts'

/** An upstream, a directory, and gateways between them. */
export interface World<U> {
  readonly upstream: U
  /** DATA_DIR of all gateways. */
  readonly directory: string
  /** Starts a gateway in this process. */
  start(environment?: Readonly<Record<string, string>>, options?: Pick<AppOptions, 'clock'>): Promise<TestGateway>
  /** Starts a gateway as a process of its own, without waiting for it. */
  launch(environment?: Readonly<Record<string, string>>): LaunchedGateway
  /** Starts a gateway as a process of its own, and waits until it listens. */
  spawn(environment?: Readonly<Record<string, string>>): Promise<GatewayProcess>
  /** Ends all gateways and the upstream, and deletes the directory. Processes are killed. */
  close(): Promise<void>
}

/** Opens a world around an upstream; its gateways get `defaults` in their environment. */
export function openWorld<U extends { readonly url: string; close(): Promise<void> }>(
  upstream: U,
  defaults: Readonly<Record<string, string>> = {},
): World<U> {
  const { path: directory, remove } = temporaryDirectory()
  const closers: (() => Promise<unknown>)[] = []
  const settings = (environment: Readonly<Record<string, string>>): Record<string, string> => ({
    DATA_DIR: directory,
    ...defaults,
    ...environment,
  })
  const launch = (environment: Readonly<Record<string, string>> = {}): LaunchedGateway => {
    const gateway = launchGateway({ COMETAPI_BASE_URL: upstream.url, ...settings(environment) })
    closers.push(async () => {
      gateway.signal('SIGKILL')
      await gateway.ended()
    })
    return gateway
  }
  return {
    upstream,
    directory,
    start: async (environment = {}, options = {}) => {
      const gateway = await startGateway(upstream.url, settings(environment), options)
      closers.push(async () => gateway.close())
      return gateway
    },
    launch,
    spawn: async (environment) => listening(launch(environment)),
    close: async () => {
      // At once: a gateway waits for what is under way, which a test that failed may have left at the upstream.
      await Promise.all([...closers.map(async (close) => close()), upstream.close()])
      remove()
    },
  }
}

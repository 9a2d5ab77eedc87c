import { startCommand } from './command.ts'
import { clientOf, UPSTREAM_KEY } from './gateway-client.ts'
import type { CommandOptions } from './command.ts'
import type { GatewayClient } from './gateway-client.ts'

/** A gateway that is a process of its own. */
export interface GatewayProcess extends GatewayClient, ProcessHandle {}

export interface ProcessHandle {
  readonly pid: number
  /** Standard output and error so far. */
  output(): string
  /** Its log lines with this message. */
  logged(message: string): Record<string, unknown>[]
  hasEnded(): boolean
  signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** The exit code, once it has ended; null where a signal ended it. */
  ended(): Promise<number | null>
}

export interface LaunchedGateway extends ProcessHandle {
  /** Resolves when it listens, and rejects where it ends before. */
  readonly url: Promise<string>
}

/** Starts a gateway without waiting for it. */
export function launchGateway(
  environment: Readonly<Record<string, string>>,
  { openFiles }: Pick<CommandOptions, 'openFiles'> = {},
): LaunchedGateway {
  const { DATA_DIR: directory } = environment
  const running = startCommand([], {
    ...(directory === undefined ? {} : { directory }),
    openFiles,
    environment: { COMETAPI_KEY: UPSTREAM_KEY, PORT: '0', LOG_FORMAT: 'json', ...environment },
  })
  const output = (): string => running.stdout() + running.stderr()
  const ended = running.done.then(({ code }) => code)
  const url = running.printed(/listens on (http:\/\/[^/\s"]+)/).then(([, address = '']) => address)
  url.catch(() => {}) // also where nobody waits for it
  const logged = (message: string): Record<string, unknown>[] =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message)
  return {
    url,
    pid: running.pid,
    output,
    logged,
    hasEnded: running.hasEnded,
    signal: running.kill,
    ended: async () => ended,
  }
}

/** Waits until a gateway listens. */
export async function listening(launched: LaunchedGateway): Promise<GatewayProcess> {
  return { ...launched, ...clientOf(await launched.url) }
}

import type { Config } from '../config/config.ts'

export interface RunningSandbox {
  readonly url: string
  close(): Promise<void>
}

/** Starts the offline CometAPI; it is loaded here and only when it is asked for. `key`: the only one that it accepts. */
export async function startSandbox(config: Config, key: string): Promise<RunningSandbox> {
  const { startSandbox: start } = await import('../../sandbox/sandbox.ts')
  return start({ apiKey: key, latencyMs: config.SANDBOX_LATENCY_MS, failureRate: config.SANDBOX_FAILURE_RATE })
}

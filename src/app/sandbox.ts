import { ConfigError } from '../config/config.ts'
import type { Config } from '../config/config.ts'

export interface RunningSandbox {
  readonly url: string
  close(): Promise<void>
}

/**
 * Starts the offline CometAPI; it is loaded here and only when it is asked for.
 * @param key the only one that it accepts
 * @throws ConfigError where the package that draws its pictures is missing
 */
export async function startSandbox(config: Config, key: string): Promise<RunningSandbox> {
  const { missingTool, startSandbox: start } = await import('../../sandbox/sandbox.ts')
  const problem = await missingTool()
  if (problem !== undefined) throw new ConfigError([problem])
  return start({ apiKey: key, latencyMs: config.SANDBOX_LATENCY_MS, failureRate: config.SANDBOX_FAILURE_RATE })
}

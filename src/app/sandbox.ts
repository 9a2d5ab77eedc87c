import { ConfigError } from '../config/config.ts'
import { SANDBOX_LINKS } from '../http/routes/sandbox-files.ts'
import type { SandboxFile } from '../http/routes/sandbox-files.ts'
import type { PublicUrl } from './public-url.ts'
import type { Config } from '../config/config.ts'

export interface RunningSandbox {
  readonly url: string
  readonly download: (link: string) => SandboxFile
  close(): Promise<void>
}

/**
 * Starts the offline CometAPI; it is loaded here and only when it is asked for.
 * @param of the only key that it accepts, and the address of the gateway, through which its links lead
 * @throws ConfigError where the package that draws its pictures is missing
 */
export async function startSandbox(
  config: Config,
  { key, publicUrl }: { readonly key: string; readonly publicUrl: PublicUrl },
): Promise<RunningSandbox> {
  const { missingTool, startSandbox: start } = await import('../../sandbox/sandbox.ts')
  const problem = await missingTool()
  if (problem !== undefined) throw new ConfigError([problem])
  return start({
    apiKey: key,
    latencyMs: config.SANDBOX_LATENCY_MS,
    failureRate: config.SANDBOX_FAILURE_RATE,
    linkBase: () => (publicUrl.value === undefined ? undefined : publicUrl.value + SANDBOX_LINKS),
  })
}

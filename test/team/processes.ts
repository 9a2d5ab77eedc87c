import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { UPSTREAM_KEY } from '../helpers/gateway.ts'

const BIN = join(import.meta.dirname, '../../bin/comet-gateway.js')

/** A gateway that is a process of its own. */
export interface GatewayProcess {
  readonly url: string
  readonly pid: number
  /** What it has written so far. */
  output(): string
  /** Its log lines with this message. */
  logged(message: string): Record<string, unknown>[]
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** The exit code, once it has ended; null where a signal ended it. */
  ended(): Promise<number | null>
}

/** Starts without waiting for it: `url` resolves when it listens, and rejects where it ends before. */
export function launchGateway(
  environment: Record<string, string>,
): Omit<GatewayProcess, 'url'> & { url: Promise<string> } {
  const env = { PATH: process.env['PATH'], COMETAPI_KEY: UPSTREAM_KEY, PORT: '0', LOG_FORMAT: 'json', ...environment }
  const child = spawn(process.execPath, [BIN], { env, cwd: environment['DATA_DIR'], stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      const address = /listens on (http:\/\/[^/\s"]+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then(() => reject(new Error(`the gateway did not start: ${output}`)))
  })
  url.catch(() => {}) // also where nobody waits for it
  const logged = (message: string): Record<string, unknown>[] =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === message)
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    logged,
    signal: (signal) => void child.kill(signal),
    ended: () => ended,
  }
}

/** Waits until it listens. */
export async function spawnGateway(environment: Record<string, string>): Promise<GatewayProcess> {
  const launched = launchGateway(environment)
  return { ...launched, url: await launched.url }
}

export async function post(url: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  return fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

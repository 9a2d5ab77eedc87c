import { createApp } from '../../src/app/app.ts'
import { readConfig } from '../../src/config/config.ts'
import type { AddressInfo } from 'node:net'
import type { App } from '../../src/app/app.ts'

export const UPSTREAM_KEY = 'sk-planted-upstream-key-0123456789'

export interface TestGateway {
  readonly app: App
  /** http://127.0.0.1:PORT */
  readonly url: string
  /** Log lines written so far, as text. */
  readonly lines: string[]
  post(body: unknown, headers?: Record<string, string>, path?: string): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** The value of one metric series, 0 where it does not exist. `labels` as they are printed, in order. */
  metric(name: string, labels?: string): Promise<number>
  /** The log line of an exchange; waits until it is written. */
  logOf(response: Response): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** A whole gateway on a real socket, in front of `upstreamUrl`. */
export async function startGateway(
  upstreamUrl: string,
  environment: Record<string, string> = {},
): Promise<TestGateway> {
  const lines: string[] = []
  const config = readConfig({
    COMETAPI_KEY: UPSTREAM_KEY,
    COMETAPI_BASE_URL: upstreamUrl,
    PORT: '0',
    DATABASE: 'false',
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'debug',
    ...environment,
  })
  const app = await createApp(config, { logDestination: { write: (line) => void lines.push(line) } })
  await app.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    app,
    url,
    lines,
    post: (body, headers = {}, path = '/v1/images/generations') =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(url + path, { headers }),
    metric: async (name, labels = '') => {
      const text = await (await fetch(`${url}/metrics`)).text()
      const series = labels === '' ? name : `${name}{${labels}}`
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `))
      return line === undefined ? 0 : Number(line.slice(series.length + 1))
    },
    logOf: (response) => logLine(lines, response.headers.get('x-request-id') ?? ''),
    close: () => app.close(),
  }
}

async function logLine(lines: readonly string[], requestId: string): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 200; tries++) {
    const line = lines.find((candidate) => candidate.includes(requestId) && candidate.includes('"msg":"request"'))
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`no log line for ${requestId}`)
}

/** Waits until a condition holds; fails loudly when it never does. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never happened: ${what}`)
}

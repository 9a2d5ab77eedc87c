import { seriesIn } from './metrics.ts'

/** COMETAPI_KEY of every gateway in tests: it must come out of none. */
export const UPSTREAM_KEY = 'sk-planted-Vq7Zt2Lm9XcR4bNw8KdY3hGf'

/** Requests to a gateway by its address. */
export interface GatewayClient {
  /** http://127.0.0.1:PORT */
  readonly url: string
  /** Sends JSON; a string or bytes as they are. */
  post(body: unknown, headers?: Record<string, string>, path?: string): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** The value of one metric series, 0 where it does not exist. `labels` as they are printed, in order. */
  metric(name: string, labels?: string): Promise<number>
}

export function clientOf(url: string): GatewayClient {
  return {
    url,
    post: async (body, headers = {}, path = '/v1/images/generations') =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    get: async (path, headers = {}) => fetch(url + path, { headers }),
    metric: async (name, labels = '') => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return seriesIn(text, labels === '' ? name : `${name}{${labels}}`)
    },
  }
}

import { scriptedUpstream } from '../../helpers/upstream.ts'
import { openWorld } from '../../helpers/world.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

export const ADMIN_KEY = 'admin-key-0123456789abcdef'
export const BOB = 'sk-gw-bob-0123456789'

/** Any JSON object of an answer. */
export type Json = Record<string, unknown>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
  readonly text: string
}

/** A gateway with a database of its own, in front of a scripted upstream. */
export interface TeamGateway {
  readonly gateway: TestGateway
  readonly upstream: ScriptedUpstream
  /** DATA_DIR. */
  readonly directory: string
  /** A request of the administrator; a string is sent as it is. */
  admin(method: string, path: string, body?: unknown): Promise<Answer>
  /** Of the holder of a key. */
  as(key: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>
  /** Makes a key and returns its secret. */
  key(settings: Json): Promise<string>
  close(): Promise<void>
}

export async function teamGateway(environment: Record<string, string> = {}): Promise<TeamGateway> {
  const world = openWorld(await scriptedUpstream(), {
    DATABASE: 'true',
    ADMIN_KEY,
    GATEWAY_KEYS: `bob=${BOB}`,
    ...environment,
  })
  const gateway = await world.start()
  const as: TeamGateway['as'] = async (key, method, path, body) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? {} : (JSON.parse(text) as Json),
    }
  }
  const admin: TeamGateway['admin'] = (method, path, body) => as(ADMIN_KEY, method, path, body)
  return {
    ...world,
    gateway,
    as,
    admin,
    key: async (settings) => String((await admin('POST', '/gateway/keys', settings)).body['secret']),
  }
}

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import type { Launch } from '../machine/children.ts'
import type { Setting, Started, System } from './system.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/** Everything that a team would turn on, and limits that no load reaches. */
const FULL = {
  METRICS_TOKEN: '',
  RATE_LIMIT_RPM: '1000000',
  MAX_IN_FLIGHT: '100000',
  SPEND_LIMIT: '1000000/month',
  LOG_FORMAT: 'json',
}
/** Everything off that can be turned off; the rules of the models stay. */
const BARE = { DATABASE: 'false', ORPHAN_TTL_MS: '0', LOG_LEVEL: 'silent' }

export const gateway: System = {
  id: 'gateway',
  title: 'comet-gateway',
  settings:
    'everything on: virtual key with budget and limits, spend limit, rules, ledger, kept answers, metrics, log to a file',
  fairness: 'does more than any other: it checks every parameter, holds and books money durably, and counts tokens',
  prepare: () => Promise.resolve(undefined),
  version: () => version,
  start: (setting) => startFull(setting),
}

export const bareGateway: System = {
  id: 'bare',
  title: 'comet-gateway, bare relay',
  settings: 'no keys, database, kept answers or log; only the rules and the relay',
  fairness: 'still checks every parameter, reads usage and counts in its metrics',
  prepare: () => Promise.resolve(undefined),
  version: () => version,
  start: (setting) => Promise.resolve({ launch: launchOf(setting, BARE, []) }),
}

/** The gateway with everything on, and a virtual key for its client. */
export async function startFull(setting: Setting, nodeOptions: readonly string[] = []): Promise<Started> {
  const store = Store.forServing(setting.directory)
  const budget = { limitMicros: 1e12, period: 'month' } as const
  const settings = checkedSettings({ name: 'bench', budget, maxInFlight: 100_000, requestsPerMinute: 1_000_000 })
  const { secret } = await new VirtualKeys(store.keys).create(settings, Date.now())
  store.close()
  return { launch: launchOf(setting, FULL, nodeOptions), headers: { authorization: `Bearer ${secret}` } }
}

/** Starts in a directory without an .env, so that only these variables count. */
function launchOf(
  { port, upstream, directory }: Setting,
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[],
): Launch {
  const certificate = upstream.certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: upstream.certificate }
  return {
    command: process.execPath,
    args: [...nodeOptions, resolve(ROOT, 'src/main.ts')],
    directory,
    environment: {
      COMETAPI_KEY: 'sk-bench-upstream-0123456789',
      COMETAPI_BASE_URL: upstream.url,
      PORT: String(port),
      DATA_DIR: directory,
      ...certificate,
      ...environment,
    },
  }
}

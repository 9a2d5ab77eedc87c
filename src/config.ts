import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { decimal, flag, isLoopback, namedKeys, secret, upstreamUrl, visibleText, whole } from './config-values.ts'

export { isLoopback }
export { KEY_NAME, RESERVED_NAMES } from './config-values.ts'
export type { NamedKey } from './config-values.ts'

/**
 * Every variable: how it is read, its default as it would be written, and its line for .env.example and
 * docs/configuration.md. A test compares the three.
 */
export const VARIABLES = {
  COMETAPI_KEY: {
    read: secret(8),
    default: undefined,
    doc: 'The CometAPI key that pays. Required unless SANDBOX=true.',
  },
  COMETAPI_BASE_URL: {
    read: upstreamUrl,
    default: 'https://api.cometapi.com',
    doc: 'Where CometAPI is; https, or http to loopback.',
  },
  HOST: {
    read: z.string().min(1),
    default: '127.0.0.1',
    doc: 'Address to listen on. Anything but loopback needs GATEWAY_KEYS or ADMIN_KEY.',
  },
  PORT: { read: whole(0, 65_535), default: '8080', doc: 'Port to listen on; 0 takes any free one.' },
  SANDBOX: { read: flag, default: 'false', doc: 'true: an offline CometAPI inside the process; no key, no cost.' },
  SANDBOX_LATENCY_MS: {
    read: whole(0, 600_000),
    default: '3000',
    doc: 'How long the sandbox takes for one typical answer, in milliseconds.',
  },
  SANDBOX_FAILURE_RATE: {
    read: decimal(0, 1),
    default: '0',
    doc: 'Share of sandbox requests that fail the way upstreams fail, 0 to 1.',
  },
  DEFAULT_MODEL: { read: visibleText, default: 'dall-e-3', doc: 'The model of a request that names none.' },
  PARAMETER_POLICY: {
    read: z.enum(['strict', 'drop']),
    default: 'strict',
    doc: 'strict: refuse parameters the model does not take; drop: leave them out and say so.',
  },
  UNKNOWN_MODELS: {
    read: z.enum(['allow', 'reject']),
    default: 'allow',
    doc: 'allow: forward models the catalogue does not know; reject: 404.',
  },
  MODELS_FILE: {
    read: z.string().min(1),
    default: undefined,
    doc: 'JSON file with further models, prices and aliases (docs/models.md).',
  },
  PRICE_MULTIPLIER: {
    read: decimal(0, 1000),
    default: '1',
    doc: 'Factor on all list prices, e.g. 0.8 for a discount.',
  },
  GATEWAY_KEYS: {
    read: namedKeys,
    default: undefined,
    doc: 'Who may call: name=key, comma-separated, keys of at least 16 characters.',
  },
  ADMIN_KEY: {
    read: secret(24),
    default: undefined,
    doc: "The administrator's key: may call everything, and read /metrics. At least 24 characters.",
  },
  METRICS_TOKEN: {
    read: secret(16),
    default: undefined,
    doc: 'Bearer token that /metrics asks for; without it, /metrics is open on loopback only.',
  },
  DATA_DIR: {
    read: z.string().min(1),
    default: './data',
    doc: 'Directory of gateway.db, the SQLite file with virtual keys, budgets and the ledger; made if absent.',
  },
  RATE_LIMIT_RPM: { read: whole(0, 1_000_000), default: '0', doc: 'Requests per minute and key; 0 is no limit.' },
  AUTH_FAILURES_PER_MINUTE: {
    read: whole(1, 1_000_000),
    default: '20',
    doc: 'Failed authentications per minute and address before 429.',
  },
  MAX_BODY_BYTES: {
    read: whole(1024, 1_073_741_824),
    default: '33554432',
    doc: 'Largest request body in bytes (32 MiB).',
  },
  UPSTREAM_TIMEOUT_MS: {
    read: whole(1, 86_400_000),
    default: '600000',
    doc: 'How long one generation may take, in milliseconds (the SDKs wait as long).',
  },
  UPSTREAM_CONNECT_TIMEOUT_MS: {
    read: whole(1, 600_000),
    default: '10000',
    doc: 'How long connecting to the upstream may take, in milliseconds.',
  },
  DRAIN_TIMEOUT_MS: {
    read: whole(0, 86_400_000),
    default: '120000',
    doc: 'How long a stopping gateway waits for what is under way, in milliseconds.',
  },
  LOG_LEVEL: {
    read: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    doc: 'debug also logs health checks and scrapes.',
  },
  LOG_FORMAT: {
    read: z.enum(['auto', 'json', 'pretty']),
    default: 'auto',
    doc: 'auto: pretty on a terminal, json elsewhere.',
  },
} as const satisfies Record<string, { read: z.ZodType; default: string | undefined; doc: string }>

type Name = keyof typeof VARIABLES
type Variables = {
  readonly [N in Name]:
    | z.output<(typeof VARIABLES)[N]['read']>
    | ((typeof VARIABLES)[N]['default'] extends string ? never : undefined)
}

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The process's own environment with some variables set differently. */
export function environmentWith(overrides: Environment): Environment {
  return { ...process.env, ...overrides }
}

/** The whole configuration, read once at start. */
export interface Config extends Variables {
  /** HOST is reachable from this machine only. */
  readonly loopbackOnly: boolean
}

/** All problems of the environment at once, in plain words. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** Reads `.env` in the working directory, if there is one; variables that are already set win. */
export function loadEnvFile(): void {
  let text: string
  try {
    text = readFileSync('.env', 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return
    throw new ConfigError([`.env cannot be read (${code})`])
  }
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value
}

/**
 * Reads some variables only, for commands that do not need the rest to be right.
 * @throws ConfigError with every problem of these variables
 */
export function readSettings<N extends Name>(
  names: readonly N[],
  environment: Environment = process.env,
): Pick<Variables, N> {
  const { values, problems } = readValues(names, environment)
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(values) as Pick<Variables, N>
}

/**
 * Reads and checks the environment. An empty variable counts as absent, as compose files write them.
 * @throws ConfigError with every problem; messages never contain a value that may be secret
 */
export function readConfig(environment: Environment = process.env): Config {
  const { values, problems, failed } = readValues(Object.keys(VARIABLES) as Name[], environment)
  const config = {
    ...values,
    loopbackOnly: isLoopback(typeof values['HOST'] === 'string' ? values['HOST'] : ''),
  } as Config
  problems.push(...contradictions(config, environment, failed))
  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

interface ReadValues {
  readonly values: Record<string, unknown>
  readonly problems: string[]
  readonly failed: ReadonlySet<string>
}

function readValues(names: readonly Name[], environment: Environment): ReadValues {
  const problems: string[] = []
  const failed = new Set<string>()
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const { read, default: fallback } = VARIABLES[name]
    const text = environment[name]?.trim() || fallback
    if (text === undefined) continue
    const result = read.safeParse(text)
    if (result.success) values[name] = result.data
    else {
      failed.add(name)
      problems.push(...result.error.issues.map((issue) => `${name} ${explain(issue)}`))
    }
  }
  return { values, problems, failed }
}

function explain(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.map(String).join(', ')}` : issue.message
}

/** What single variables cannot see; nothing is concluded from a variable that could not be read. */
function contradictions(config: Config, environment: Environment, failed: ReadonlySet<string>): string[] {
  const { COMETAPI_KEY, GATEWAY_KEYS = [], ADMIN_KEY, METRICS_TOKEN, SANDBOX, loopbackOnly } = config
  const problems: string[] = []
  const areRead = (...names: readonly string[]): boolean => !names.some((name) => failed.has(name))
  if (areRead('COMETAPI_KEY', 'SANDBOX') && COMETAPI_KEY === undefined && !SANDBOX) {
    const other = ['COMETAPI_API_KEY', 'COMET_API_KEY'].find((name) => environment[name])
    const hint =
      other === undefined
        ? 'Set it, or SANDBOX=true to try the gateway offline.'
        : `${other} is set: this gateway reads COMETAPI_KEY.`
    problems.push(`COMETAPI_KEY is missing. ${hint}`)
  }
  const isGuarded = loopbackOnly || SANDBOX || GATEWAY_KEYS.length > 0 || ADMIN_KEY !== undefined
  if (areRead('HOST', 'SANDBOX', 'GATEWAY_KEYS', 'ADMIN_KEY') && !isGuarded) {
    problems.push(`HOST is ${config.HOST}, which others can reach: set GATEWAY_KEYS or ADMIN_KEY, or HOST=127.0.0.1.`)
  }
  const handedOut = [...GATEWAY_KEYS.map(({ key }) => key), ADMIN_KEY, METRICS_TOKEN]
  if (COMETAPI_KEY !== undefined && handedOut.includes(COMETAPI_KEY)) {
    problems.push(
      'COMETAPI_KEY is also one of GATEWAY_KEYS, ADMIN_KEY or METRICS_TOKEN: the paid key must stay inside.',
    )
  }
  if (ADMIN_KEY !== undefined && GATEWAY_KEYS.some(({ key }) => key === ADMIN_KEY)) {
    problems.push('ADMIN_KEY is also one of GATEWAY_KEYS: a caller would be an administrator.')
  }
  return problems
}

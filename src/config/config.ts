import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { isLoopback } from './loopback.ts'
import { VARIABLES } from './variables.ts'
import type { z } from 'zod'

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
  /** A line for somebody who only wants to see it run. */
  readonly hint: string | undefined
  constructor(problems: readonly string[], hint?: string) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
    this.hint = hint
  }
}

/** Reads `.env` in the working directory, if there is one; variables that are already set win. @throws ConfigError */
export function loadEnvFile(): void {
  for (const [name, value] of Object.entries(envFile())) process.env[name] ??= value
}

/** The variables of `.env` in the working directory; none where there is no such file. @throws ConfigError */
export function envFile(): Environment {
  try {
    return parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new ConfigError([`.env cannot be read (${code})`])
  }
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
  if (problems.length > 0) throw new ConfigError(problems, hintFor(config))
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

function hintFor({ COMETAPI_KEY, SANDBOX }: Config): string | undefined {
  const isUnset = COMETAPI_KEY === undefined && !SANDBOX
  return isUnset ? 'To try it without a key, at no cost: SANDBOX=true npx comet-gateway' : undefined
}

/** Problems between variables; nothing is concluded from a variable that could not be read. */
function contradictions(config: Config, environment: Environment, failed: ReadonlySet<string>): string[] {
  const { COMETAPI_KEY, GATEWAY_KEYS = [], ADMIN_KEY, METRICS_TOKEN, SANDBOX, DATABASE, loopbackOnly } = config
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
  // In a database there may be virtual keys, which are counted when it is open (database.ts).
  const hasDatabase = DATABASE && areRead('DATA_DIR') && existsSync(join(config.DATA_DIR, 'gateway.db'))
  const isGuarded = loopbackOnly || SANDBOX || GATEWAY_KEYS.length > 0 || ADMIN_KEY !== undefined || hasDatabase
  if (areRead('HOST', 'SANDBOX', 'GATEWAY_KEYS', 'ADMIN_KEY', 'DATABASE') && !isGuarded) {
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
  if (areRead('DATABASE', 'ALERT_WEBHOOK_URL') && !DATABASE && config.ALERT_WEBHOOK_URL !== undefined) {
    problems.push('ALERT_WEBHOOK_URL needs the database, where alerts wait: leave it out, or set DATABASE=true.')
  }
  if (areRead('DATABASE', 'SPEND_LIMIT') && !DATABASE && config.SPEND_LIMIT !== undefined) {
    problems.push('SPEND_LIMIT needs the database, which counts the money: leave it out, or set DATABASE=true.')
  }
  return problems
}

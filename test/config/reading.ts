import { ConfigError, readConfig } from '../../src/config/config.ts'
import type { Config, Environment } from '../../src/config/config.ts'

export const KEY = 'sk-comet-0123456789abcdef'
export const USER_KEY = 'sk-gw-0123456789abcdef'
export const ADMIN = 'admin-0123456789-0123456789'

/** A configuration that is good, with `changes`. */
export const read = (changes: Environment = {}): Config => readConfig({ COMETAPI_KEY: KEY, ...changes })

export function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** Far from a database that a gateway in this directory may have made. */
export const DATA_DIR = '/nowhere'
/** The problems of an otherwise good configuration. */
export const problems = (changes: Environment): readonly string[] =>
  problemsOf({ COMETAPI_KEY: KEY, DATA_DIR, ...changes })

import { envFile, environmentWith } from './config.ts'
import { formatBytes, formatTime } from './units.ts'
import { VARIABLES } from './variables.ts'
import type { Environment } from './config.ts'
import type { Variable } from './variables.ts'

/** The place that a value comes from; `none`: the variable has neither a value nor a default. */
export type SettingSource = 'environment' | '.env' | 'default' | 'none'

/** One variable as a gateway that starts now would read it. */
export interface SettingInForce {
  readonly name: string
  readonly source: SettingSource
  /** Sizes and times with their units; undefined where there is no value. Of a secret, only that there is one. */
  readonly shown: string | undefined
  /** The same for programs: sizes in bytes, times in milliseconds, `true` for a secret. */
  readonly value: string | number | boolean | undefined
}

/** The marks of a secret that is set, and of a value that its reader refuses. */
const HIDDEN = '(hidden)'
const UNREADABLE = '(not usable)'

/** Every variable with its value and the source of it. */
export function settingsInForce(environment = environmentWith({}), file = envFile()): readonly SettingInForce[] {
  return Object.entries(VARIABLES).map(([name, variable]: [string, Variable]) => {
    const [source, text] = sourceOf(name, variable, { environment, file })
    return { name, source, ...valueOf(variable, text) }
  })
}

/** Names in `.env` that look like misspelt variables, since nothing reads them. */
export function unreadNames(file = envFile()): readonly string[] {
  return Object.keys(file).filter((name) => !(name in VARIABLES))
}

function sourceOf(
  name: string,
  { default: fallback }: Variable,
  { environment, file }: { readonly environment: Environment; readonly file: Environment },
): readonly [SettingSource, string | undefined] {
  // An empty variable of the environment hides the one of .env, and counts as absent.
  const isInEnvironment = environment[name] !== undefined
  const text = (isInEnvironment ? environment[name] : file[name])?.trim() || undefined
  if (text !== undefined) return [isInEnvironment ? 'environment' : '.env', text]
  return [fallback === undefined ? 'none' : 'default', fallback]
}

function valueOf({ read, isSecret }: Variable, text: string | undefined): Pick<SettingInForce, 'shown' | 'value'> {
  if (text === undefined) return { shown: undefined, value: undefined }
  if (isSecret === true) return { shown: HIDDEN, value: true }
  const result = read.safeParse(text)
  // Not as it is written: a password may stand in an address that is refused for it.
  if (!result.success) return { shown: UNREADABLE, value: undefined }
  const { data } = result
  if (typeof data === 'string' || typeof data === 'boolean') return { shown: String(data), value: data }
  if (typeof data !== 'number') return { shown: text, value: text }
  const unit = read.meta()?.['unit']
  const format = unit === 'bytes' ? formatBytes : unit === 'ms' ? formatTime : String
  return { shown: format(data), value: data }
}

import { ConfigError } from '../config.ts'

/** sysexits.h, EX_CONFIG: something is wrong with the configuration. */
const EXIT_CONFIG = 78

/** What a system error means for whoever started the process, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process listens there: stop it, or set PORT.',
  EACCES: 'This user may not do that.',
  ENOENT: 'There is no such file or directory.',
}

/** Ends the process with a sentence and without a stack, where the cause is outside of the program. */
export function failWith(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.message)
    process.exit(EXIT_CONFIG)
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error instanceof Error && code !== '')
    console.error(`comet-gateway: ${error.message}. ${HINTS[code] ?? ''}`.trimEnd())
  else console.error(error)
  process.exit(1)
}

import { ConfigError } from '../config/config.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { KeyError } from '../access/keys/virtual-key.ts'
import { StoreError } from '../errors/store-error.ts'
import { printable } from './printable.ts'

/** sysexits.h, EX_USAGE: the command line is wrong. */
const EXIT_USAGE = 64
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
  if (isAboutArguments(error)) process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE)
  if (error instanceof StoreError || error instanceof KeyError || error instanceof GatewayError) {
    console.error(`comet-gateway: ${printable(error.message)}`)
    process.exit(1)
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error instanceof Error && code !== '')
    console.error(`comet-gateway: ${error.message}. ${HINTS[code] ?? ''}`.trimEnd())
  else console.error(error)
  process.exit(1)
}

/** Commander has printed its help or its complaint; it is not imported here, because serving does not need it. */
function isAboutArguments(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && error.name === 'CommanderError' && 'exitCode' in error
}

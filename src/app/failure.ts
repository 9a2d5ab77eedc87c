import { KeyError } from '../access/keys/virtual-key.ts'
import { ConfigError } from '../config/config.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { printable } from '../errors/printable.ts'
import { StoreError } from '../errors/store-error.ts'
import { systemCode } from '../errors/system-error.ts'

/** The exit codes of sysexits.h: the command line is wrong; the configuration is wrong. */
const EXIT_USAGE = 64
const EXIT_CONFIG = 78

/** Advice for system errors that the operator can do something about, by their code. */
const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process listens there: stop it, or set PORT.',
  EACCES: 'This user may not do that.',
  ENOENT: 'There is no such file or directory.',
}

/** The end of a process: what it prints on standard error, and its exit code. */
export interface Ending {
  /** A sentence for a cause outside of the program; the error itself, with its stack, for a defect. */
  readonly message: unknown
  readonly exitCode: number
}

/** How the process ends after a failure; `message` is undefined where everything has been printed. */
export function endingOf(error: unknown): Ending {
  if (error instanceof ConfigError)
    return { message: [error.message, error.hint].filter(Boolean).join('\n'), exitCode: EXIT_CONFIG }
  if (isAboutArguments(error)) return { message: undefined, exitCode: error.exitCode === 0 ? 0 : EXIT_USAGE }
  if (error instanceof StoreError || error instanceof KeyError || error instanceof GatewayError)
    return { message: `comet-gateway: ${printable(error.message)}`, exitCode: 1 }
  const code = systemCode(error) ?? ''
  if (!(error instanceof Error) || code === '') return { message: error, exitCode: 1 }
  return { message: `comet-gateway: ${error.message}. ${HINTS[code] ?? ''}`.trimEnd(), exitCode: 1 }
}

/** Commander has printed its help or its complaint; it is not imported here, because serving does not need it. */
function isAboutArguments(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && error.name === 'CommanderError' && 'exitCode' in error
}

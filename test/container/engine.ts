import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { freePort } from '../helpers/free-port.ts'

const run = promisify(execFile)

/** The images that `run.ts` builds. */
export const IMAGES = { gateway: 'comet-gateway:test', sandbox: 'comet-gateway:test-sandbox' } as const
/** The base image of the Dockerfile. */
export const BASE = 'docker.io/library/node:26-bookworm-slim'

/** How the image must be able to run: nothing to write but one volume, and no rights beyond a user's. */
const CONFINED = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'] as const

export interface Output {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command line of a container engine, as Docker and Podman share it. */
export class Engine {
  readonly #program: string

  constructor(program: string) {
    this.#program = program
  }

  /** Runs a command to its end; one that fails is no error. */
  async call(...args: readonly string[]): Promise<Output> {
    try {
      return { code: 0, ...(await run(this.#program, args, { maxBuffer: 2 ** 26 })) }
    } catch (error) {
      const { code = 1, stdout = '', stderr = String(error) } = error as Partial<Output>
      return { code, stdout, stderr }
    }
  }

  /** @returns its standard output @throws Error with its standard error */
  async succeed(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.call(...args)
    if (code !== 0) throw new Error(`${this.#program} ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** Starts a container that serves on a port of loopback; its url has that port. */
  async serve(image: string, environment: Readonly<Record<string, string>>, volume: string): Promise<Served> {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const variables = Object.entries({ PUBLIC_URL: url, ...environment }).flatMap((pair) => ['-e', pair.join('=')])
    const place = ['-v', `${volume}:/data`, '-p', `127.0.0.1:${port}:8080`]
    const id = await this.succeed('run', '-d', ...CONFINED, ...place, ...variables, image)
    return { id, url }
  }
}

export interface Served {
  readonly id: string
  readonly url: string
}

/**
 * Looks for an engine that can run the base image: CONTAINER_ENGINE, or docker or podman on the path.
 * @returns the program, or a sentence about why there is none
 */
export function findEngine(): { readonly program: string } | { readonly missing: string } {
  const named = process.env['CONTAINER_ENGINE']
  const candidates = named === undefined ? ['docker', 'podman'] : [named]
  const reasons: string[] = []
  for (const program of candidates) {
    const { status, stderr, error } = spawnSync(program, ['run', '--rm', BASE, 'node', '--version'], {
      encoding: 'utf8',
      timeout: 180_000,
    })
    if (status === 0) return { program }
    reasons.push(`${program}: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'failed'}`)
  }
  return { missing: `no container engine runs ${BASE} (${reasons.join('; ')})` }
}

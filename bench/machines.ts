import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ChildProcess } from 'node:child_process'

const ROOT = resolve(import.meta.dirname, '..')

/** A process under test, pinned to one core where taskset exists. */
export interface Machine {
  readonly url: string
  readonly process: ChildProcess
  stop(): void
}

const hasTaskset = spawnSync('taskset', ['--version']).status === 0

/** nginx started as root gives its rights away and could not read the files of this run. */
const isRoot = process.getuid?.() === 0

/** The command line that pins a process to a core: 0 for the measured process, 1 for load and upstream. */
export function onCore(core: 0 | 1, command: string, args: readonly string[]): readonly [string, readonly string[]] {
  return hasTaskset ? ['taskset', ['-c', String(core), command, ...args]] : [command, args]
}

function start(
  core: 0 | 1,
  url: string,
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Machine {
  const [program, all] = onCore(core, command, args)
  const child = spawn(program, all, {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { url, process: child, stop: () => void child.kill('SIGTERM') }
}

/** The gateway with everything on: keys, rate limit, metrics, one log line a request. */
export function startGateway(port: number, upstream: string, environment: Record<string, string> = {}): Machine {
  return start(0, `http://127.0.0.1:${port}`, process.execPath, ['src/main.ts'], {
    COMETAPI_KEY: 'sk-bench-upstream',
    COMETAPI_BASE_URL: upstream,
    PORT: String(port),
    GATEWAY_KEYS: 'bench=sk-gw-bench-0123456789',
    METRICS_TOKEN: '',
    RATE_LIMIT_RPM: '1000000',
    LOG_FORMAT: 'json',
    ...environment,
  })
}

/** An upstream that answers every POST with one file: nginx, so that the upstream is never the bottleneck. */
export function startUpstream(port: number, answer: Buffer): Machine {
  const directory = mkdtempSync(join(tmpdir(), 'comet-bench-'))
  mkdirSync(join(directory, 'www'))
  writeFileSync(join(directory, 'www/answer.json'), answer)
  // nginx refuses POST to a file with 405; the error page turns that into the file.
  const location = `root ${directory}/www; error_page 405 =200 /answer.json; location / { try_files /answer.json =404; }`
  return startNginx(1, port, directory, `default_type application/json; sendfile on; ${location}`)
}

/** The peer that the gateway is compared with: nginx's proxy_pass, plain or with large buffers. */
export function startProxy(port: number, upstream: string, settings = ''): Machine {
  const directory = mkdtempSync(join(tmpdir(), 'comet-bench-'))
  return startNginx(0, port, directory, `location / { proxy_pass ${upstream}; ${settings} }`)
}

export const LARGE_BUFFERS = 'proxy_buffer_size 64k; proxy_buffers 64 64k; proxy_busy_buffers_size 512k;'

function startNginx(core: 0 | 1, port: number, directory: string, server: string): Machine {
  const configuration = join(directory, 'nginx.conf')
  writeFileSync(
    configuration,
    `${isRoot ? 'user root; ' : ''}worker_processes 1; daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 4096; }
     http { access_log off; keepalive_requests 100000000; client_max_body_size 64m;
       client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
       server { listen 127.0.0.1:${port}; ${server} } }`,
  )
  return start(core, `http://127.0.0.1:${port}`, 'nginx', ['-c', configuration])
}

/** Waits until something listens; resolves with the milliseconds that it took. */
export async function untilReady({ url }: Machine, path = '/'): Promise<number> {
  const startedAt = performance.now()
  for (let tries = 0; tries < 2000; tries++) {
    try {
      await fetch(url + path)
      return performance.now() - startedAt
    } catch {
      await new Promise((wait) => setTimeout(wait, 5))
    }
  }
  throw new Error(`${url} does not answer`)
}

/** Peak resident memory of a process in MB (VmHWM); undefined on systems without /proc. */
export function peakMemoryMb({ process: { pid } }: Machine): number | undefined {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return match === null ? undefined : Math.round(Number(match[1]) / 1024)
  } catch {
    return undefined
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromDebian, versionOf } from './install.ts'
import { nginxConfiguration } from './nginx-configuration.ts'
import type { Launch } from '../machine/children.ts'
import type { Setting, System } from './system.ts'

/** Reverse proxies: they relay, and do nothing else. */
const ONLY_RELAYS = 'only relays: no keys, rules, money, metrics or log'

const LARGE_BUFFERS = `proxy_http_version 1.1; proxy_set_header Connection '';
  proxy_buffer_size 64k; proxy_buffers 64 64k; proxy_busy_buffers_size 512k; proxy_max_temp_file_size 0;`

const hostOf = (url: string): string => new URL(url).host

function nginx(settings: string, isTuned: boolean): (setting: Setting) => Launch {
  return ({ port, upstream: { url, certificate }, directory }) => {
    const tls = `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${certificate}; proxy_ssl_name localhost;`
    const pool = `upstream pool { server ${hostOf(url)}; keepalive 64; }`
    const target = isTuned ? `${new URL(url).protocol}//pool` : url
    const location = `location / { proxy_pass ${target}; ${settings} ${certificate === undefined ? '' : tls} }`
    return nginxConfiguration(directory, isTuned ? pool : '', `listen 127.0.0.1:${port} backlog=4096; ${location}`)
  }
}

function haproxy({ port, upstream: { url, certificate }, directory }: Setting): Launch {
  const file = join(directory, 'haproxy.cfg')
  const tls = certificate === undefined ? '' : `ssl verify required ca-file ${certificate}`
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 10s
  timeout client 120s
  timeout server 120s
  http-reuse always
frontend all
  bind 127.0.0.1:${port} backlog 4096
  default_backend upstream
backend upstream
  server one ${hostOf(url)} ${tls}
`,
  )
  return { command: 'haproxy', args: ['-db', '-f', file] }
}

function caddy({ port, upstream: { url, certificate }, directory }: Setting): Launch {
  const file = join(directory, 'Caddyfile')
  const tls = certificate === undefined ? '' : `transport http { \n tls_trusted_ca_certs ${certificate} \n }`
  writeFileSync(
    file,
    `{ \n admin off \n auto_https off \n }\nhttp://:${port} { \n bind 127.0.0.1 \n reverse_proxy ${url} { \n ${tls} \n } \n }\n`,
  )
  const environment = { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory, GOMAXPROCS: '1' }
  return { command: 'caddy', args: ['run', '--adapter', 'caddyfile', '--config', file], environment }
}

interface Proxy {
  readonly id: string
  readonly title: string
  readonly settings: string
  readonly fairness: string
  /** The Debian package, and how its program tells its version. */
  readonly debian: string
  readonly program: readonly [string, string]
  readonly launch: (setting: Setting) => Launch
}

const PROXIES: readonly Proxy[] = [
  {
    id: 'nginx',
    title: 'nginx as it comes',
    settings:
      '`proxy_pass`, one worker, its own defaults: HTTP/1.0 and a new connection upstream for each request, small buffers',
    fairness: `${ONLY_RELAYS}; its defaults are not those that one would choose for images, and it holds back the end of an event until more comes`,
    debian: 'nginx-light',
    program: ['nginx', '-v'],
    launch: nginx('', false),
  },
  {
    id: 'nginx-tuned',
    title: 'nginx, large buffers',
    settings: '`keepalive 64`, HTTP/1.1 upstream, 64 buffers of 64 KiB, no temporary files for answers',
    fairness: `${ONLY_RELAYS}; for events one would add \`proxy_buffering off\``,
    debian: 'nginx-light',
    program: ['nginx', '-v'],
    launch: nginx(LARGE_BUFFERS, true),
  },
  {
    id: 'haproxy',
    title: 'HAProxy',
    settings: '`nbthread 1`, `http-reuse always`, otherwise its defaults',
    fairness: ONLY_RELAYS,
    debian: 'haproxy',
    program: ['haproxy', '-v'],
    launch: haproxy,
  },
  {
    id: 'caddy',
    title: 'Caddy',
    settings: '`reverse_proxy`, `GOMAXPROCS=1`, its defaults',
    fairness: `${ONLY_RELAYS}; Debian's version is old`,
    debian: 'caddy',
    program: ['caddy', 'version'],
    launch: caddy,
  },
]

export const proxies: readonly System[] = PROXIES.map(({ launch, debian, program, ...rest }) => ({
  ...rest,
  prepare: (mayInstall) => fromDebian(program[0], debian, mayInstall),
  version: () => versionOf(...program),
  start: (setting) => Promise.resolve({ launch: launch(setting) }),
}))

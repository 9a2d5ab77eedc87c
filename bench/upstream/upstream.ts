import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { start } from '../machine/children.ts'
import { untilReady } from '../machine/ready.ts'
import { nginxConfiguration } from '../systems/nginx-configuration.ts'
import { answerOf } from './bodies.ts'
import type { Child, Launch } from '../machine/children.ts'

/** How the upstream of a work answers, as data. */
export type UpstreamKind =
  /** nginx with one file: answers of this many base64 characters. */
  | { readonly kind: 'file'; readonly characters: number; readonly isTls?: true }
  /** A small answer after a while. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Events in chunks, one write each; between the first and the others a pause. */
  | { readonly kind: 'events'; readonly events: number; readonly characters: number; readonly pauseMs: number }
  /** A small answer when the whole body has come. */
  | { readonly kind: 'uploads'; readonly imageBytes: number }

export interface Upstream {
  readonly url: string
  /** The certificate that clients have to trust. */
  readonly certificate?: string
  readonly child: Child
}

const READY_MS = 10_000

/** Starts the upstream of a work on the core of the load. */
export async function startUpstream(kind: UpstreamKind, directory: string, port: number): Promise<Upstream> {
  mkdirSync(directory)
  const isTls = kind.kind === 'file' && kind.isTls === true
  const launch = kind.kind === 'file' ? files(kind, directory, port) : program(kind, port)
  const url = `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`
  const child = start('load', launch, join(directory, 'log'))
  await untilReady(child, url, READY_MS)
  return { url, child, ...(isTls ? { certificate: join(directory, 'certificate.pem') } : {}) }
}

/** nginx refuses a POST to a file with 405; the error page turns that into the file. */
function files(kind: Extract<UpstreamKind, { kind: 'file' }>, directory: string, port: number): Launch {
  const root = join(directory, 'www')
  mkdirSync(root)
  writeFileSync(join(root, 'answer.json'), answerOf(kind.characters))
  if (kind.isTls === true) makeCertificate(directory)
  const tls = `ssl_certificate ${directory}/certificate.pem; ssl_certificate_key ${directory}/key.pem; ssl_session_cache shared:tls:1m;`
  const server = `
    listen 127.0.0.1:${port} backlog=4096 ${kind.isTls === true ? 'ssl' : ''};
    ${kind.isTls === true ? tls : ''}
    default_type application/json; sendfile on; root ${root};
    error_page 405 =200 /answer.json;
    location / { try_files /answer.json =404; }`
  return nginxConfiguration(directory, '', server)
}

function program(kind: UpstreamKind, port: number): Launch {
  const file = resolve(import.meta.dirname, 'slow-upstream.ts')
  return { command: process.execPath, args: [file, JSON.stringify({ ...kind, port })] }
}

function makeCertificate(directory: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', `${directory}/key.pem`]
  const args = ['req', '-x509', '-days', '2', ...key, '-out', `${directory}/certificate.pem`, ...subject]
  execFileSync('openssl', args, { stdio: 'ignore' })
}

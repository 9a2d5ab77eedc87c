/**
 * The sandbox: a CometAPI that works offline and costs nothing, on a loopback socket of its own, so that everything the
 * gateway does on the network is done for real. It knows the upstream's rules by itself (facts: image-api.md) and takes
 * nothing from the rest of the project: where the gateway and the sandbox disagree about a request, one of them is wrong.
 *
 * - A prompt with the word "forbidden" is refused by the safety system.
 * - Pictures are drawn from the words of the prompt; the same prompt gives the same picture.
 * - Edits and variations start from the uploaded picture, and show that they do.
 */
import { createServer } from 'node:http'
import { edit } from './comet/edits.ts'
import { openFiles } from './comet/files.ts'
import { generate } from './comet/generations.ts'
import { cometRejection, INVALID_TOKEN, invalidUrl } from './comet/rules/rejections.ts'
import { modelList } from './comet/rules/served-models.ts'
import { makeVariations } from './comet/variations.ts'
import { openExchange, send, sendJson, sendRejection } from './comet/wire.ts'
import type { Server } from 'node:http'
import type { SandboxFiles } from './comet/files.ts'
import type { Temper } from './comet/fulfilment.ts'
import type { SandboxExchange } from './comet/wire.ts'

export { missingTool } from './painter/workshop.ts'

/** How a sandbox behaves. */
export interface SandboxOptions {
  /** The only key it accepts. */
  apiKey: string
  /** The typical time of one answer in milliseconds, ±20 % and scaled by quality; 0 answers at once. */
  latencyMs: number
  /** The share of valid generations that fail, 0..1. */
  failureRate: number
  /** 0..1, for failures and jitter; `Math.random` when left out. */
  random?: () => number
  /** The address that links to pictures begin with, asked for each link; the sandbox's own where there is none. */
  linkBase?: () => string | undefined
}

/** The answer to a download. */
export interface SandboxFile {
  status: 200 | 403 | 404
  contentType: string
  body: Buffer | string
}

/** A running sandbox. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** The answer to a link to a picture, given by its path and query. */
  download: (link: string) => SandboxFile
  /** Closes the socket and every connection on it. */
  close(): Promise<void>
}

interface World {
  url: string
  apiKey: string
  files: SandboxFiles
  temper: Temper
}

type Handle = (exchange: SandboxExchange, world: World) => Promise<void> | void

/** Starts a sandbox on a free port of the loopback interface. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { apiKey, latencyMs, failureRate, random = Math.random, linkBase } = options
  const files = openFiles()
  const server = createServer()
  // Longer than any client keeps an idle connection, so that it is never us who close it under a request.
  server.keepAliveTimeout = 65_000
  const url = await listen(server)
  const publish: Temper['publish'] = (...picture) => (linkBase?.() ?? url) + files.keep(...picture)
  const world: World = { url, apiKey, files, temper: { latencyMs, failureRate, random, publish } }
  server.on('request', (request, response) => {
    const exchange = openExchange(request, response, url)
    answer(exchange, world).catch(() => giveUp(exchange))
  })
  return { url, download: (link) => download(files, new URL(link, url)), close: () => close(server) }
}

const ROUTES: Readonly<Record<string, Handle>> = {
  'GET /': ({ response }) =>
    send(response, 200, 'text/plain; charset=utf-8', 'An offline CometAPI: the sandbox of comet-gateway.\n'),
  'GET /v1/models': (exchange) => sendJson(exchange, 200, modelList()),
  'POST /v1/images/generations': (exchange, { temper }) => generate(exchange, temper),
  'POST /v1/images/edits': (exchange, { temper }) => edit(exchange, temper),
  'POST /v1/images/variations': (exchange, { temper }) => makeVariations(exchange, temper),
}

async function answer(exchange: SandboxExchange, world: World): Promise<void> {
  const { request, url } = exchange
  const method = request.method ?? 'GET'
  if (url.pathname.startsWith('/v1/') && request.headers.authorization !== `Bearer ${world.apiKey}`) {
    return sendRejection(exchange, INVALID_TOKEN)
  }
  if (method === 'GET' && url.pathname.startsWith('/files/')) {
    const { status, contentType, body } = download(world.files, url)
    return send(exchange.response, status, contentType, body)
  }
  const handle = ROUTES[`${method} ${url.pathname}`]
  return handle ? handle(exchange, world) : sendRejection(exchange, invalidUrl(method, url.pathname))
}

function download(files: SandboxFiles, url: URL): SandboxFile {
  const link = files.find(url.pathname, url.searchParams)
  if (link.found === 'file') return { status: 200, contentType: link.contentType, body: link.bytes }
  if (link.found === 'nothing')
    return { status: 404, contentType: 'text/plain; charset=utf-8', body: 'No such file, or no longer.\n' }
  // As the object storage answers a link whose & was mangled (facts 1.4).
  const denied = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><EC>0003-00000015</EC></Error>'
  return { status: 403, contentType: 'application/xml', body: denied }
}

/** A bug of ours, or a client that left while its body was being read. */
function giveUp(exchange: SandboxExchange): void {
  if (exchange.response.headersSent) exchange.response.destroy()
  else sendRejection(exchange, cometRejection(500, 'do_request_failed', 'the sandbox failed'))
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port.')
  return `http://127.0.0.1:${address.port}`
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}

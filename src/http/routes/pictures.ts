import { ADMIN } from '../../access/keys/keyring.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { PICTURES_PATH } from '../../pictures/links.ts'
import { fileName, fileType, parseFileName } from '../../pictures/picture.ts'
import { readRange } from './byte-range.ts'
import { z } from 'zod'
import type { RouteDescription } from './described-route.ts'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler,
} from 'fastify'
import type { FileHandle } from 'node:fs/promises'
import type { Links } from '../../pictures/links.ts'
import type { Picture } from '../../pictures/picture.ts'
import type { Shelf } from '../../pictures/shelf.ts'

const READ_BYTES = 131_072

export const PICTURES_ROUTE = {
  method: 'GET',
  path: `${PICTURES_PATH}/:file`,
  operationId: 'pictures.read',
  summary: 'The bytes of a picture: for everybody by its link; without a signature for the key that bought it.',
  for: 'anyone',
  query: z.object({ expires: z.string().optional(), signature: z.string().optional() }),
  status: 200,
  answer: z.string(),
  contentType: 'image/*',
} as const satisfies RouteDescription

export interface PicturesRouteOptions {
  /** Undefined where no pictures are kept. */
  readonly kept: { readonly shelf: Pick<Shelf, 'find' | 'open'>; readonly links: Pick<Links, 'judge'> } | undefined
  /** The hooks that a request without a signature meets: it comes with a key. */
  readonly onRequest: readonly (onRequestHookHandler | onRequestAsyncHookHandler)[]
  /** Milliseconds since 1970. */
  readonly now: () => number
}

interface PictureRequest {
  Params: { file: string }
  Querystring: { expires?: unknown; signature?: unknown }
}

/**
 * `GET /pictures/ID.EXT?expires=…&signature=…`: the bytes of a picture, for whoever has the link. Without a signature, for
 * the key that bought it and for the administrator. All that is not theirs is a 404, so that nothing is found out by guessing.
 */
export function picturesRoutes(app: FastifyInstance, options: PicturesRouteOptions): void {
  const { kept, onRequest, now } = options
  app.route<PictureRequest>({
    method: ['GET', 'HEAD'],
    url: PICTURES_ROUTE.path,
    exposeHeadRoute: false,
    config: { endpoint: 'pictures', isRoutine: true },
    onRequest: onRequest.map((hook) => unlessSigned(hook as onRequestHookHandler)),
    handler: async (request, reply) => {
      const named = parseFileName(request.params.file)
      if (kept === undefined) throw new GatewayError('not_found', 'This gateway keeps no pictures.')
      if (named === undefined) throw notFound()
      if (isSigned(request)) checkSignature(kept.links, request, named)
      const picture = await kept.shelf.find(named.id)
      const isOther = named.extension !== undefined && picture?.extension !== named.extension
      if (picture === undefined || isOther || !(isSigned(request) || mayRead(request, picture))) throw notFound()
      const file = await kept.shelf.open(picture)
      if (file === undefined) throw notFound()
      return sendPicture(request, reply, { picture, file, now: now() })
    },
  })

  function checkSignature(
    links: Pick<Links, 'judge'>,
    { query }: FastifyRequest<PictureRequest>,
    { id, extension }: NonNullable<ReturnType<typeof parseFileName>>,
  ): void {
    const { expires, signature } = query
    if (extension === undefined || typeof expires !== 'string' || typeof signature !== 'string') throw notFound()
    const verdict = links.judge({ id, extension }, expires, signature, now())
    if (verdict === 'expired') throw new GatewayError('not_found', 'The link to this picture has expired.')
    if (verdict === 'forged') throw notFound()
  }
}

/** A signature speaks for itself: no key is asked for, and a page of any origin may show the picture. */
function unlessSigned(hook: onRequestHookHandler): onRequestHookHandler {
  return function askForKey(request, reply, next) {
    if (isSigned(request)) next()
    else hook.call(this, request, reply, next)
  }
}

function isSigned({ query }: { readonly query: unknown }): boolean {
  return typeof query === 'object' && query !== null && 'signature' in query
}

function mayRead({ exchange }: Pick<FastifyRequest, 'exchange'>, { key }: Picture): boolean {
  return exchange.caller === ADMIN || exchange.caller?.name === key
}

function notFound(): GatewayError {
  return new GatewayError(
    'not_found',
    'There is no such picture, or it is not kept any more, or the link is not right.',
  )
}

interface Served {
  readonly picture: Picture
  readonly file: FileHandle
  readonly now: number
}

async function sendPicture(
  request: Pick<FastifyRequest, 'headers' | 'method'>,
  reply: FastifyReply,
  { picture, file, now }: Served,
): Promise<FastifyReply> {
  const { headers, method } = request
  const etag = `"${picture.sha256}"`
  const { 'if-range': ifRange = etag } = headers
  const isRangeWanted = method === 'GET' && ifRange === etag
  const range = isRangeWanted ? readRange(headers.range, picture.bytes) : undefined
  reply.headers(headersOf(picture, etag, now))
  if (isKnown(headers['if-none-match'], etag)) return close(file, reply.code(304))
  if (range === 'beyond') return close(file, reply.code(416).header('content-range', `bytes */${picture.bytes}`))
  const { first, last } = range ?? { first: 0, last: picture.bytes - 1 }
  reply.header('content-length', last - first + 1)
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${first}-${last}/${picture.bytes}`)
  if (method === 'HEAD' || picture.bytes === 0) return close(file, reply)
  return reply.send(file.createReadStream({ start: first, end: last, highWaterMark: READ_BYTES }))
}

async function close(file: FileHandle, reply: FastifyReply): Promise<FastifyReply> {
  await file.close()
  return reply.send()
}

/** The file must not act on this origin when a browser opens it, whatever it holds. */
function headersOf(picture: Picture, etag: string, now: number): Record<string, string> {
  const { type, isShown } = fileType(picture.extension)
  const seconds = Math.max(0, Math.floor((picture.expiresAt - now) / 1000))
  return {
    'content-type': type,
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename="${fileName(picture)}"`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': `private, max-age=${seconds}, immutable`,
    'last-modified': new Date(picture.createdAt).toUTCString(),
    'accept-ranges': 'bytes',
    etag,
  }
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

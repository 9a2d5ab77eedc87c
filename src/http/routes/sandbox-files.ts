import type { FastifyInstance } from 'fastify'

/** The path below which the sandbox's links lead through the gateway. */
export const SANDBOX_LINKS = '/sandbox'

/** The answer to a download from the sandbox. */
export interface SandboxFile {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer | string
}

/** A drawing may be an svg, and must not act on this origin when a browser opens it. */
const HARMLESS = {
  'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
  'x-content-type-options': 'nosniff',
} as const

/**
 * `GET /sandbox/files/*`: pictures to which the sandbox's answers link, on the gateway's own port, since the sandbox's
 * socket can be reached from inside its machine or container only. A link needs no key, as CometAPI's do not.
 */
export function sandboxFilesRoute(app: FastifyInstance, download: (link: string) => SandboxFile): void {
  app.get(`${SANDBOX_LINKS}/files/*`, { config: { endpoint: 'sandbox.files', isRoutine: true } }, (request, reply) => {
    const { status, contentType, body } = download(request.url.slice(SANDBOX_LINKS.length))
    return reply.code(status).headers(HARMLESS).type(contentType).send(body)
  })
}

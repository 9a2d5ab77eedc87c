import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { build } from 'vite'
import type { AddressInfo } from 'node:net'
import type { LibraryOptions } from 'vite'

const OPENAI = join(import.meta.dirname, '../../node_modules/openai/index.mjs')

export interface PageServer {
  readonly port: number
  close(): Promise<void>
}

/** A web server of somebody else: an empty page, and at /openai.js the installed package as bundlers make it. */
export async function startPageServer(): Promise<PageServer> {
  const openai = await bundled(OPENAI)
  const server = createServer(({ url }, response) => {
    const [type, text] = url === '/openai.js' ? ['text/javascript', openai] : ['text/html', '<!doctype html>']
    response.writeHead(200, { 'content-type': type }).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The package as one module for browsers: a page cannot import it as it is, since one of its files is CommonJS. */
async function bundled(entry: string): Promise<string> {
  const lib: LibraryOptions = { entry, formats: ['es'] }
  const built = await build({ configFile: false, logLevel: 'silent', build: { write: false, minify: false, lib } })
  const [chunk] = [built].flat().flatMap((one) => ('output' in one ? one.output : []))
  if (chunk?.type !== 'chunk') throw new TypeError(`vite made nothing of ${entry}`)
  return chunk.code
}

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import OpenAI, { toFile } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { startGateway } from '../helpers/gateway.ts'
import { picture } from '../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { newPrompt } from '../helpers/new-orders.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const OPERATIONS = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')

/** The configuration as docs/operations.md has it. */
function documented(language: string): string {
  const block = OPERATIONS.split(`\`\`\`${language}\n`)[1]?.split('```')[0]
  if (block === undefined) throw new Error(`docs/operations.md has no block of ${language}`)
  return block
}

interface Proxy {
  readonly name: string
  readonly program: string
  /** The file that the program reads, of the documented block with the ports put in. */
  readonly file: (block: string, directory: string, port: number) => string
  readonly args: (file: string) => readonly string[]
}

const PROXIES: readonly Proxy[] = [
  {
    name: 'nginx',
    program: 'nginx',
    file: (
      block,
      directory,
      port,
    ) => `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${directory}/pid; error_log ${directory}/log; worker_processes 1;
      events {} http { access_log off; client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p;
      fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
      server { listen 127.0.0.1:${port}; ${block} } }`,
    args: (file) => ['-c', file],
  },
  { name: 'haproxy', program: 'haproxy', file: (block) => block, args: (file) => ['-f', file] },
  {
    name: 'caddy',
    program: 'caddy',
    file: (block) => `{\n  admin off\n  auto_https off\n}\n${block}`,
    args: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  },
]

const isHere = (program: string): boolean =>
  spawnSync(program, [program === 'caddy' ? 'version' : '-v'], { stdio: 'ignore' }).error === undefined

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeEach(async () => {
  upstream = await scriptedUpstream(answerJson(imageAnswer()))
  gateway = await startGateway(upstream.url)
})
afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

/** Starts a proxy before the gateway, as the page says, and gives a client of it. */
async function through<T>({ name, program, file, args }: Proxy, use: (client: OpenAI) => Promise<T>): Promise<T> {
  const directory = temporaryDirectory()
  const port = await freePort()
  const language = name
  const block = documented(language)
    .replaceAll('127.0.0.1:8080', new URL(gateway.url).host)
    .replaceAll(/(?<=:)8443/g, String(port))
  const path = join(directory.path, 'configuration')
  writeFileSync(path, file(block, directory.path, port))
  const environment = { PATH: process.env['PATH'], HOME: directory.path, XDG_DATA_HOME: directory.path }
  const running = spawn(program, [...args(path)], { stdio: ['ignore', 'pipe', 'pipe'], env: environment })
  const ended = once(running, 'close')
  try {
    const url = `http://127.0.0.1:${port}`
    await eventually(`${name} answers`, async () => (await fetch(`${url}/healthz`)).ok)
    return await use(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }))
  } finally {
    running.kill() // nginx's own process ends its workers then
    await ended
    directory.remove()
  }
}

describe.each(PROXIES.map((proxy) => ({ ...proxy, proxy })))(
  'behind $name, as docs/operations.md has it',
  ({ proxy }) => {
    it.runIf(isHere(proxy.program))('events come one by one, and a large upload passes', async () => {
      await through(proxy, async (client) => {
        let goOn = (): void => {}
        const later = new Promise<void>((resolve) => (goOn = resolve))
        upstream.script = async (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.write(partial(0, 'AAAA'))
          await later
          response.end(completed('AAAA'))
        }
        const order = {
          model: 'gpt-image-2',
          prompt: newPrompt(),
          size: '1024x1024',
          quality: 'low',
          stream: true,
        } as const
        const types: string[] = []
        for await (const event of await client.images.generate(order)) {
          types.push(event.type)
          goOn() // the second event comes when the first one has been seen
        }
        expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])

        upstream.script = answerJson(imageAnswer())
        const large = Buffer.concat([await picture(64, 64), Buffer.alloc(20_000_000)])
        const image = await toFile(large, 'a.png', { type: 'image/png' })
        const edit = await client.images.edit({ model: 'gpt-image-2', prompt: newPrompt(), image })
        expect(edit.data).toHaveLength(1)
      })
    })
  },
)

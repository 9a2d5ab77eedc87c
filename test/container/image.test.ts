import { randomUUID } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { picture } from '../helpers/images.ts'
import { BASE, Engine, IMAGES } from './engine.ts'
import type { Served } from './engine.ts'

const engine = new Engine(process.env['CONTAINER_ENGINE'] ?? 'docker')
const ADMIN_KEY = 'sk-admin-of-the-container-0123456789'
const SANDBOX = { SANDBOX: 'true', SANDBOX_LATENCY_MS: '0', ADMIN_KEY }
const WITH_KEY = { COMETAPI_KEY: 'sk-not-a-real-key', ADMIN_KEY }
/** Targets of the image, in millions of bytes. */
const MOST_OVER_BASE = 60
const MOST_IDLE_MEMORY = 110

const volumes: string[] = []
const containers: string[] = []
function newVolume(): string {
  volumes.push(`comet-gateway-${randomUUID()}`)
  return volumes.at(-1) ?? ''
}

async function start(image: string, environment: Record<string, string>, volume = newVolume()): Promise<Served> {
  const served = await engine.serve(image, environment, volume)
  containers.push(served.id)
  await eventually(`${image} is ready`, async () => (await fetch(`${served.url}/readyz`)).ok)
  return served
}

const sdk = ({ url }: Served, apiKey = ADMIN_KEY): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

afterAll(async () => {
  for (const id of containers) await engine.call('rm', '-f', '-t', '1', id)
  for (const volume of volumes) await engine.call('volume', 'rm', '-f', volume)
})

describe('the image', () => {
  it('names what to add where nothing is configured', async () => {
    const { code, stdout, stderr } = await engine.call('run', '--rm', IMAGES.gateway)
    expect(code).toBe(78)
    expect(stdout).toBe('')
    expect(stderr).toContain('  - COMETAPI_KEY is missing.')
    expect(stderr).toContain('set GATEWAY_KEYS or ADMIN_KEY')
  })

  it('serves with a key alone, with little memory, and is not much larger than Node', async () => {
    const served = await start(IMAGES.gateway, WITH_KEY)
    const models = await sdk(served).models.list()
    expect(models.data.map(({ id }) => id)).toContain('gpt-image-2')
    const usage = await engine.succeed('stats', '--no-stream', '--format', '{{.MemUsage}}', served.id)
    expect(millionsOf(usage)).toBeLessThanOrEqual(MOST_IDLE_MEMORY)
    const [image, base] = await Promise.all([IMAGES.gateway, BASE].map(sizeOf))
    expect((image ?? 0) - (base ?? 0)).toBeLessThanOrEqual(MOST_OVER_BASE * 1e6)
  })

  it('has labels, a user without rights, and a health check that passes', async () => {
    const labels = await engine.succeed('inspect', '-f', '{{json .Config.Labels}}', IMAGES.gateway)
    expect(labels).toContain('"org.opencontainers.image.title":"comet-gateway"')
    expect(await engine.succeed('inspect', '-f', '{{.Config.User}}', IMAGES.gateway)).toBe('node')
    const { id } = await start(IMAGES.gateway, WITH_KEY)
    expect((await engine.call('exec', id, 'node', 'docker/healthcheck.js')).code).toBe(0)
  })

  it('says how to get the sandbox where the native library is left out', async () => {
    const { code, stderr } = await engine.call('run', '--rm', '-e', 'SANDBOX=true', IMAGES.gateway)
    expect(code).toBe(78)
    expect(stderr).toContain('sharp')
  })
})

describe('a container with the sandbox', () => {
  let served: Served
  beforeAll(async () => {
    served = await start(IMAGES.sandbox, SANDBOX)
  })

  it('generates, and its links lead through the published port', async () => {
    const { images } = sdk(served)
    const generated = await images.generate({ model: 'gpt-image-2', prompt: 'a boat', quality: 'low' })
    expect(Buffer.from(generated.data?.[0]?.b64_json ?? '', 'base64').length).toBeGreaterThan(1000)
    const linked = await images.generate({ model: 'dall-e-3', prompt: 'a boat', response_format: 'url' })
    const link = linked.data?.[0]?.url ?? ''
    expect(link.startsWith(`${served.url}/sandbox/files/`)).toBe(true)
    expect((await fetch(link)).headers.get('content-type')).toBe('image/png')
  })

  it('edits an uploaded picture', async () => {
    const image = await toFile(await picture(256, 256), 'picture.png', { type: 'image/png' })
    const edited = await sdk(served).images.edit({ model: 'gpt-image-2', image, prompt: 'at night', quality: 'low' })
    expect(edited.data?.[0]?.b64_json).toBeTruthy()
  })

  it('has its keys and books in the volume', async () => {
    const volume = newVolume()
    const first = await start(IMAGES.sandbox, SANDBOX, volume)
    const issued = await engine.succeed('exec', first.id, 'comet-gateway', 'keys', 'create', 'alice', '--json')
    const { secret } = JSON.parse(issued) as { readonly secret: string }
    await sdk(first, secret).images.generate({ model: 'gpt-image-2', prompt: 'a boat', quality: 'low' })
    await engine.succeed('stop', '-t', '10', first.id)
    const second = await start(IMAGES.sandbox, SANDBOX, volume)
    await sdk(second, secret).images.generate({ model: 'gpt-image-2', prompt: 'a lighthouse', quality: 'low' })
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    const rows = await (await fetch(`${second.url}/gateway/generations?key=alice`, { headers })).json()
    expect(rows).toMatchObject({ data: [{ key: 'alice' }, { key: 'alice' }] })
  })

  it('finishes on SIGTERM what is under way, and ends well', async () => {
    const slow = await start(IMAGES.sandbox, {
      ...SANDBOX,
      SANDBOX_LATENCY_MS: '4000',
      METRICS_TOKEN: ADMIN_KEY.slice(0, 20),
    })
    const answer = sdk(slow).images.generate({ model: 'gpt-image-2', prompt: 'a boat', quality: 'medium' })
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    await eventually('the generation is under way', async () => {
      const text = await (await fetch(`${slow.url}/metrics`, { headers })).text()
      return text.includes('\ncomet_in_flight 1\n')
    })
    const stopped = engine.succeed('stop', '-t', '60', slow.id)
    expect((await answer).data?.[0]?.b64_json).toBeTruthy()
    await stopped
    expect(await engine.succeed('inspect', '-f', '{{.State.ExitCode}}', slow.id)).toBe('0')
  })
})

async function sizeOf(image: string): Promise<number> {
  return Number(await engine.succeed('image', 'inspect', '-f', '{{.Size}}', image))
}

/** `81.29MB / 25.28GB` or `77.5MiB / 24GiB` → 81.29, in millions of bytes. */
function millionsOf(usage: string): number {
  const [, number = '', unit = ''] = /([\d.]+)\s*([KMG]i?B)/.exec(usage) ?? []
  const factors: Readonly<Record<string, number>> = {
    KB: 1e3,
    KiB: 2 ** 10,
    MB: 1e6,
    MiB: 2 ** 20,
    GB: 1e9,
    GiB: 2 ** 30,
  }
  return (Number(number) * (factors[unit] ?? Number.NaN)) / 1e6
}

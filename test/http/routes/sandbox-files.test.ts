import { afterAll, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import type { TestGateway } from '../../helpers/gateway.ts'

const running: TestGateway[] = []
afterAll(async () => Promise.all(running.map((one) => one.close())))

async function sandboxGateway(environment: Record<string, string> = {}): Promise<TestGateway> {
  const sandbox = { SANDBOX: 'true', SANDBOX_LATENCY_MS: '0', GATEWAY_KEYS: 'alice=sk-gw-alice-0123456789' }
  const gateway = await startGateway('', { ...sandbox, ...environment })
  running.push(gateway)
  return gateway
}

async function linkFrom(gateway: TestGateway, order: object): Promise<string> {
  const answer = await gateway.post(order, { authorization: 'Bearer sk-gw-alice-0123456789' })
  const body = (await answer.json()) as { data: readonly { url: string }[] }
  return body.data[0]?.url ?? ''
}

const DALL_E = { model: 'dall-e-3', prompt: 'a boat', response_format: 'url' }
const SEEDREAM = { model: 'doubao-seedream-4-0-250828', prompt: 'a boat' }

describe('a link to a picture of the sandbox', () => {
  it('leads through the port of the gateway, and needs no key', async () => {
    const gateway = await sandboxGateway()
    const link = await linkFrom(gateway, DALL_E)
    expect(link).toMatch(new RegExp(`^${gateway.url}/sandbox/files/[0-9a-f]{24}\\.png$`))
    const picture = await fetch(link)
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(
      Buffer.from(await picture.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  it('keeps its signature, and is refused without it', async () => {
    const gateway = await sandboxGateway()
    const link = await linkFrom(gateway, SEEDREAM)
    expect(link).toContain(`${gateway.url}/sandbox/files/`)
    expect((await fetch(link)).status).toBe(200)
    expect((await fetch(link.replace('Signature=', 'Signature=0'))).status).toBe(403)
  })

  it('begins with PUBLIC_URL where that is set', async () => {
    const gateway = await sandboxGateway({ PUBLIC_URL: 'https://images.example.com/comet/' })
    const link = await linkFrom(gateway, DALL_E)
    expect(link).toContain('https://images.example.com/comet/sandbox/files/')
    const path = link.slice('https://images.example.com/comet'.length)
    expect((await gateway.get(path)).status).toBe(200)
  })

  it('lets a drawing do nothing on the origin of the gateway', async () => {
    const gateway = await sandboxGateway()
    const missing = await gateway.get('/sandbox/files/nothing.svg')
    expect(missing.status).toBe(404)
    expect(missing.headers.get('content-security-policy')).toContain("sandbox; default-src 'none'")
  })

  it('is nowhere without a sandbox', async () => {
    const gateway = await startGateway('http://127.0.0.1:9')
    running.push(gateway)
    expect((await gateway.get('/sandbox/files/nothing.png')).status).toBe(404)
  })
})

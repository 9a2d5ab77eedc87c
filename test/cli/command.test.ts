import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { BIN, startCommand, startProgram } from '../helpers/gateways/command.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { eventually } from '../helpers/eventually.ts'
import { scriptedUpstream } from '../helpers/upstream.ts'
import type { CommandResult, RunningCommand } from '../helpers/gateways/command.ts'

const ROOT = join(import.meta.dirname, '../..')
const { path: directory, remove } = temporaryDirectory()
afterAll(remove)

const start = (args: readonly string[], environment: Record<string, string> = {}): RunningCommand =>
  startCommand(args, { directory, environment })
const run = async (args: readonly string[], environment?: Record<string, string>): Promise<CommandResult> =>
  start(args, environment).done
const node = async (args: readonly string[]): Promise<CommandResult> =>
  startProgram(process.execPath, args, { directory }).done

describe('comet-gateway', () => {
  it('prints its help and its version', async () => {
    expect((await run(['--help'])).stdout).toContain('Usage:')
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect((await run(['--version'])).stdout).toBe(`${version}\n`)
  })

  it('refuses unknown commands and flags with exit code 64', async () => {
    expect(await run(['fly'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("unknown command 'fly'") as unknown,
    })
    expect(await run(['demo', '--twice'])).toMatchObject({ code: 64 })
  })

  it('prints all problems of the configuration at once, without a stack, with exit code 78', async () => {
    const { code, stderr, stdout } = await run([], { PORT: 'http', HOST: '0.0.0.0' })
    expect(code).toBe(78)
    expect(stderr.split('\n').filter((line) => line.startsWith('  - '))).toHaveLength(3)
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('')
  })

  it('reads .env, also with a byte order mark, and lets the environment win', async () => {
    const file = join(directory, '.env')
    writeFileSync(file, '\uFEFFPORT=http\nHOST=0.0.0.0\n')
    const { stderr } = await run([], { HOST: '127.0.0.1' })
    rmSync(file)
    expect(stderr).toContain('PORT must be')
    expect(stderr).not.toContain('HOST is')
  })

  it('config prints what is in force and where it comes from, and ends with 78 where that is not usable', async () => {
    const file = join(directory, '.env')
    writeFileSync(file, 'ORPHAN_TTL_MS=15m\nCOMETAPI_KEY=sk-comet-0123456789\nORPHAN_TTL=1\n')
    const { code, stdout, stderr } = await run(['config', '--csv'], { PORT: 'http' })
    rmSync(file)
    expect([code, stderr]).toEqual([78, expect.stringContaining('PORT must be a whole number')])
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['COMETAPI_KEY,true,.env', 'ORPHAN_TTL_MS,900000,.env', 'PORT,,environment']),
    )
    expect(stderr).toContain('.env sets what the gateway does not read: ORPHAN_TTL.')
  })

  it('finds out at start that its default model cannot be used', async () => {
    const { code, stderr } = await run([], { SANDBOX: 'true', DEFAULT_MODEL: 'flux-2-pro' })
    expect(code).toBe(78)
    expect(stderr).toContain('/flux/v1/flux-2-pro')
  })

  it('says in words when its port is taken', async () => {
    const other = await scriptedUpstream()
    const { code, stderr } = await run([], { SANDBOX: 'true', PORT: new URL(other.url).port })
    expect(code).toBe(1)
    expect(stderr).toContain('Another process listens there')
    expect(stderr).not.toContain('    at ')
    await other.close()
  })

  it('serves until SIGTERM, then drains and exits with 0', async () => {
    const gateway = start([], { SANDBOX: 'true', SANDBOX_LATENCY_MS: '0', PORT: '0' })
    const [, url = ''] = await gateway.printed(/listens on (http:\S+)\/v1/)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    gateway.kill('SIGTERM')
    expect(await gateway.done).toMatchObject({ code: 0, stderr: '' })
    expect(gateway.stdout()).toContain('"msg":"stopped"')
  })

  // Several times: whether the last line was still being written is a matter of luck.
  it.each([1, 2, 3, 4, 5])('exits also where nobody reads its log any more (%i)', async () => {
    const gateway = spawn(process.execPath, [BIN], {
      cwd: directory,
      env: { PATH: process.env['PATH'], SANDBOX: 'true', PORT: '0' },
    })
    let printed = ''
    for await (const chunk of gateway.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      printed += chunk.toString()
      if (printed.includes('listens on')) break
    }
    gateway.stdout.destroy()
    gateway.kill('SIGTERM')
    const [code] = (await once(gateway, 'close')) as [number | null]
    expect(code).toBe(0)
  })

  it('gives up at DRAIN_TIMEOUT_MS, says what is lost, and exits with 1', async () => {
    const gateway = start([], {
      SANDBOX: 'true',
      SANDBOX_LATENCY_MS: '60000',
      PORT: '0',
      DRAIN_TIMEOUT_MS: '200',
    })
    const [, url = ''] = await gateway.printed(/listens on (http:\S+)\/v1/)
    const lost = fetch(`${url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"a"}',
    }).catch(() => {})
    await eventually('it is under way', async () =>
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('comet_in_flight 1'),
    )
    gateway.kill('SIGTERM')
    expect((await gateway.done).code).toBe(1)
    expect(gateway.stdout()).toContain('"underWay":1')
    await lost
  })

  it('with a Node that is too old and no bundled one says so in one sentence', async () => {
    const bare = join(directory, 'bare')
    cpSync(join(ROOT, 'bin'), join(bare, 'bin'), { recursive: true })
    writeFileSync(join(bare, 'package.json'), '{"type":"module"}')
    writeFileSync(join(bare, 'old.mjs'), "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })")
    const { code, stderr } = await node(['--import', join(bare, 'old.mjs'), join(bare, 'bin/comet-gateway.js')])
    expect(code).toBe(1)
    expect(stderr).toBe('comet-gateway needs Node 22.19 or newer, and this is 20.20.2.\n')
  })

  it('with a Node that is too old uses the bundled one', async () => {
    const old = join(directory, 'old.mjs')
    writeFileSync(
      old,
      "if (!process.env.SEEN) { process.env.SEEN = '1'; Object.defineProperty(process.versions, 'node', { value: '20.20.2' }) }",
    )
    expect((await node(['--import', old, BIN, '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('comet-gateway demo', () => {
  it.each(['picture.png', 'picture.jpg', 'picture.webp'])(
    '--once --out %s saves a real picture and prints tokens, cost and metrics',
    async (name) => {
      const { code, stdout, stderr } = await run(['demo', '--once', '--out', name], { SANDBOX_LATENCY_MS: '0' })
      expect(stderr).toBe('')
      expect(code).toBe(0)
      const file = join(directory, name)
      expect(stdout).toContain(file)
      expect(stdout).toContain('1756 out')
      expect(stdout).toContain('comet_tokens_total{model="gpt-image-2",key="anonymous",type="output"} 1756')
      expect(await sharp(file).metadata()).toMatchObject({ width: 1024, height: 1024 })
    },
  )

  it('says in words what is wrong with its configuration or its file', async () => {
    expect(await run(['demo'], { PORT: 'http' })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('PORT must be') as unknown,
    })
    const { code, stderr } = await run(['demo', '--once', '--out', 'nowhere/picture.png'], { SANDBOX_LATENCY_MS: '0' })
    expect(code).toBe(1)
    expect(stderr).toContain('no such file or directory')
    expect(stderr).not.toContain('    at ')
    expect((await run(['demo', '--out', 'picture.gif'])).stderr).toContain('--out must end in .png')
  })

  it('without --once goes on serving, and the curl line it prints works', async () => {
    const demo = start(['demo'], { SANDBOX_LATENCY_MS: '0', PORT: '0' })
    const [line] = await demo.printed(/^ {2}curl [\s\S]*lighthouse\.png$/m)
    const curl = await startProgram('sh', ['-c', line], { directory }).done
    expect(curl.code).toBe(0)
    expect(await sharp(join(directory, 'lighthouse.png')).metadata()).toMatchObject({
      format: 'png',
      width: 1536,
      height: 1024,
    })
    demo.kill('SIGINT')
    expect((await demo.done).code).toBe(0)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from './client.ts'
import { answers, FaultyUpstream, imageAnswer } from './faulty-upstream.ts'
import { openSpoolFiles, order, pause, until } from './world.ts'
import type { ChildProcess } from 'node:child_process'
import type { Act } from './faulty-upstream.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Running {
  readonly upstream: FaultyUpstream
  readonly client: Client
  readonly url: string
  readonly process: ChildProcess
  readonly dataDir: string
  ended(): Promise<{ readonly code: unknown; readonly signal: unknown }>
}

/** A test with a gateway of its own, which is gone afterwards whatever happened. */
async function withProcess(
  body: (running: Running) => Promise<void>,
  act?: Act,
  environment?: Record<string, string>,
): Promise<void> {
  const running = await start(act, environment)
  try {
    await body(running)
  } finally {
    running.process.kill('SIGKILL')
    await running.ended()
    running.client.close()
    await running.upstream.close()
    rmSync(running.dataDir, { recursive: true, force: true })
  }
}

/** A gateway as a process of its own. */
async function start(act: Act = answers(), environment: Record<string, string> = {}): Promise<Running> {
  const upstream = new FaultyUpstream(act)
  await upstream.listen()
  const dataDir = mkdtempSync(join(tmpdir(), 'comet-drain-'))
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts')], {
    cwd: dataDir,
    env: {
      PATH: process.env['PATH'],
      COMETAPI_KEY: 'sk-planted-upstream-key',
      COMETAPI_BASE_URL: `http://127.0.0.1:${upstream.port}`,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_FORMAT: 'json',
      ...environment,
    },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const end = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  for (let tries = 0; tries < 1000 && !output.includes('listens on http'); tries++) await pause(15)
  const url = /listens on (http:\/\/[\d.:]+)/.exec(output)?.[1] ?? ''
  return { upstream, client: new Client(url), url, process: child, dataDir, ended: () => end }
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text()
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
}

/** An order whose client has left, and which is still under way. */
async function orphan({ client, upstream, url }: Running): Promise<void> {
  upstream.before.close()
  const sent = client.send(order())
  await until(() => upstream.arrivals === 1, 'the order arrives upstream')
  sent.leave()
  await until(async () => (await metric(url, 'comet_orphans')) === 1, 'the gateway notices')
}

describe.concurrent('a gateway that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s finishes orphans before it ends with code 0', async (signal) => {
    await withProcess(async (running) => {
      await orphan(running)
      running.process.kill(signal)
      await pause(300)
      expect(running.process.exitCode).toBeNull()
      running.upstream.before.open()
      expect(await running.ended()).toEqual({ code: 0, signal: null })
      expect(running.upstream.purchases).toHaveLength(1)
    })
  })

  it('gives what is under way to its client, and refuses what is new', async () => {
    await withProcess(async (running) => {
      running.upstream.before.close()
      const sent = running.client.send(order())
      await until(() => running.upstream.arrivals === 1, 'the order arrives upstream')
      running.process.kill('SIGTERM')
      await pause(200)
      const refused = await new Client(running.url).send(order()).got
      expect([0, 503]).toContain(refused.status) // no connection, or an answer
      running.upstream.before.open()
      expect((await sent.got).isWhole).toBe(true)
      expect(await running.ended()).toEqual({ code: 0, signal: null })
      expect(running.upstream.arrivals).toBe(1)
    })
  })

  it('is not held up by open connections, kept answers or their timers', async () => {
    const large = answers((purchase) => imageAnswer(purchase, 18_000_000))
    await withProcess(async (running) => {
      await orphan(running)
      running.upstream.before.open()
      await until(() => openSpoolFiles(running.dataDir, running.process.pid) === 1, 'the answer waits on disk')
      const idle = await Promise.all([1, 2, 3].map(() => running.client.send(order({ prompt: 'b' })).got))
      expect(idle.map(({ status }) => status)).toEqual([200, 200, 200])
      const startedAt = performance.now()
      running.process.kill('SIGTERM')
      expect(await running.ended()).toEqual({ code: 0, signal: null })
      expect(performance.now() - startedAt).toBeLessThan(1500)
    }, large)
  })

  it('twice ends at once, whatever is under way', async () => {
    await withProcess(async (running) => {
      await orphan(running)
      running.process.kill('SIGTERM')
      await pause(200)
      expect(running.process.exitCode).toBeNull()
      const startedAt = performance.now()
      running.process.kill('SIGTERM')
      expect((await running.ended()).code).not.toBe(0)
      expect(performance.now() - startedAt).toBeLessThan(1000)
    })
  })

  it('gives up after DRAIN_TIMEOUT_MS, and says so by its exit code', async () => {
    await withProcess(
      async (running) => {
        await orphan(running)
        running.process.kill('SIGTERM')
        expect((await running.ended()).code).toBe(1)
      },
      answers(),
      { DRAIN_TIMEOUT_MS: '300' },
    )
  })
})

import { once } from 'node:events'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import type { Child } from './children.ts'

/**
 * Waits until a started program answers HTTP.
 * @returns the milliseconds that it took
 * @throws Error when it ends before, or takes longer than `timeoutMs`
 */
export async function untilReady(child: Child, url: string, timeoutMs: number): Promise<number> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < timeoutMs) {
    if (child.hasEnded()) throw new Error(`did not start: ${child.lastWords()}`)
    if (await answers(url)) return performance.now() - startedAt
    await delay(5)
  }
  throw new Error(`not ready after ${Math.round(timeoutMs / 1000)} s: ${child.lastWords()}`)
}

async function answers(url: string): Promise<boolean> {
  const outgoing = url.startsWith('https:')
    ? requestTls(url, { agent: false, rejectUnauthorized: false, timeout: 5000 })
    : request(url, { agent: false, timeout: 5000 })
  outgoing.end()
  try {
    await once(outgoing, 'response')
    return true
  } catch {
    return false
  } finally {
    outgoing.on('error', () => {}).destroy()
  }
}

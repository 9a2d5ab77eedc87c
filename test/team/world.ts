import { join } from 'node:path'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { startGateway } from '../helpers/gateway.ts'
import { temporaryDirectory } from '../helpers/store.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { z } from 'zod'
import type { newKeySettings } from '../../src/access/keys/key-settings.ts'
import type { KeyAccount } from '../../src/accounting/ledger.ts'
import type { EndedGeneration } from '../../src/accounting/reports.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'

/** dall-e-3, one square image of standard quality: what is held is what it costs. */
export const DALLE_MICROS = 40_000
export const dalle = { model: 'dall-e-3', prompt: 'A paper boat' }
export const gptImage = { model: 'gpt-image-2', prompt: 'A paper boat', size: '1024x1024', quality: 'low' }
/** 16 tokens of text in, 196 of an image out: its price at low quality. */
export const GPT_IMAGE_MICROS = 16 * 5 + 196 * 30
const USAGE = { input_tokens: 16, output_tokens: 196, total_tokens: 212 }

export interface Holder {
  readonly id: number
  readonly name: string
  readonly secret: string
  readonly headers: Record<string, string>
}

/** A team's file, a scripted upstream, and gateways between them. */
export interface World {
  readonly directory: string
  readonly store: Store
  readonly upstream: ScriptedUpstream
  /** A gateway in this process. */
  start(environment?: Record<string, string>): Promise<TestGateway>
  issue(settings: z.input<typeof newKeySettings>): Promise<Holder>
  accountOf(holder: Holder): KeyAccount
  /** The ledger, the newest first. */
  rows(): readonly EndedGeneration[]
  /** Waits until nothing is held. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function openWorld(script: Script = answerJson(gptAnswer())): Promise<World> {
  const { path: base, remove } = temporaryDirectory()
  const directory = join(base, 'data')
  const store = Store.forCommand(directory, { create: true })
  const upstream = await scriptedUpstream(script)
  const gateways: TestGateway[] = []
  const issuer = new VirtualKeys(store.keys)
  return {
    directory,
    store,
    upstream,
    start: async (environment = {}) => {
      const gateway = await startGateway(upstream.url, { DATABASE: 'true', DATA_DIR: directory, ...environment })
      gateways.push(gateway)
      return gateway
    },
    issue: async (settings) => {
      const { key, secret } = await issuer.create(checkedSettings(settings), Date.now())
      return { id: key.id, name: key.name, secret, headers: bearer(secret) }
    },
    accountOf: (holder) => {
      const account = store.accounts.accountOf(holder.id, Date.now())
      if (account instanceof Promise || account === undefined) throw new Error(`no account of ${holder.name}`)
      return account
    },
    rows: () => store.reports.generations({ limit: 1_000_000 }),
    idle: async () => eventually(() => store.reports.underWay({ limit: 1 }).length === 0, 'everything is booked'),
    close: async () => {
      for (const gateway of gateways) await gateway.close()
      await upstream.close()
      store.close()
      remove()
    },
  }
}

export function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` }
}

/** What gpt-image-2 answers to `gptImage`. */
export function gptAnswer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return imageAnswer({ usage: USAGE, ...changes })
}

/** What dall-e-3 answers. */
export function dalleAnswer(images = 1): Record<string, unknown> {
  return { created: 1, data: Array.from({ length: images }, () => ({ b64_json: 'aW1hZ2U=' })) }
}

/** Answers only when `open` is called: everything before it is under way at once. */
export function gated(script: Script): { script: Script; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return {
    open,
    script: async (response, request) => {
      await opened
      await script(response, request)
    },
  }
}

/** Reads answers to their ends; how many came with each status. */
export async function statuses(answers: readonly Promise<Response>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const answer of await Promise.all(answers)) {
    await answer.arrayBuffer()
    counts[answer.status] = (counts[answer.status] ?? 0) + 1
  }
  return counts
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** The `error` of an answer. */
export async function errorOf(
  answer: Response,
): Promise<{ message: string; code: string; type: string; param: string | null }> {
  const { error } = (await answer.json()) as {
    error: { message: string; code: string; type: string; param: string | null }
  }
  return error
}

/** Waits until a condition holds, as long as a busy machine may take. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + 10_000
  while (performance.now() < until) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`never happened: ${what}`)
}

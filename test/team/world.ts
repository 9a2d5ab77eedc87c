import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import type { z } from 'zod'
import type { newKeySettings } from '../../src/access/keys/key-settings.ts'
import type { KeyAccount } from '../../src/accounting/ledger.ts'
import type { EndedGeneration } from '../../src/accounting/reports.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'
import type { World } from '../helpers/world.ts'

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

/** A world whose gateways share a database, with a view into it as another process would have. */
export interface TeamWorld extends World<ScriptedUpstream> {
  readonly store: Store
  issue(settings: z.input<typeof newKeySettings>): Promise<Holder>
  accountOf(holder: Holder): KeyAccount
  /** The ledger, the newest first, once everything is booked: endings are written behind the answers. */
  rows(): Promise<readonly EndedGeneration[]>
  /** The ledger as it is at this moment, whatever is still to be booked. */
  rowsNow(): readonly EndedGeneration[]
  /** Waits until nothing is held: all that was sent is booked. */
  idle(): Promise<void>
}

export async function openTeam(script: Script = answerJson(gptAnswer())): Promise<TeamWorld> {
  const world = openWorld(await scriptedUpstream(script), { DATABASE: 'true' })
  const store = Store.forCommand(world.directory, { create: true })
  const issuer = new VirtualKeys(store.keys)
  const rowsNow = (): readonly EndedGeneration[] => store.reports.generations({ limit: 1_000_000 })
  const idle = async (): Promise<void> =>
    eventually('everything is booked', () => {
      const left = store.reports.underWay({ limit: 1 })
      if (left.length > 0) throw new Error(`still held: ${JSON.stringify(left)}`)
    })
  return {
    ...world,
    store,
    issue: async (settings) => {
      const { key, secret } = await issuer.create(checkedSettings(settings), Date.now())
      return { id: key.id, name: key.name, secret, headers: bearer(secret) }
    },
    accountOf: (holder) => {
      const account = store.accounts.accountOf(holder.id, Date.now())
      if (account instanceof Promise || account === undefined) throw new Error(`no account of ${holder.name}`)
      return account
    },
    rows: async () => {
      await idle()
      return rowsNow()
    },
    rowsNow,
    idle,
    close: async () => {
      store.close()
      await world.close()
    },
  }
}

export function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` }
}

/** The answer of gpt-image-2 to `gptImage`. */
export function gptAnswer(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return imageAnswer({ usage: USAGE, ...changes })
}

/** An answer of dall-e-3. */
export function dalleAnswer(images = 1): Record<string, unknown> {
  return { created: 1, data: Array.from({ length: images }, () => ({ b64_json: 'aW1hZ2U=' })) }
}

import { keyDigest } from '../../src/access/keys/key-secret.ts'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import type { OrderedGeneration } from '../../src/accounting/ledger.ts'
import type { Settlement } from '../../src/accounting/settlement.ts'
import type { IssuedKey } from '../../src/access/keys/virtual-keys.ts'
import type { Instance } from '../../src/stores/sqlite/store.ts'

export const KEYS = 20

/** A store with keys that have a budget and limits, and orders of theirs. */
export interface BenchStore {
  readonly store: Store
  readonly instance: Instance
  readonly keys: readonly IssuedKey[]
  /** An order of one of the keys, which is looked up for it. */
  readonly orderOf: (index: number) => OrderedGeneration
  readonly close: () => void
}

export async function openStore(directory: string): Promise<BenchStore> {
  const store = Store.forServing(directory)
  const instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: console.error })
  const keys = await makeKeys(store)
  return {
    store,
    instance,
    keys,
    orderOf: (index) => {
      const found = store.keys.find(keyDigest(keys[index % KEYS]?.secret ?? ''))
      if (found === undefined) throw new Error('the key is gone')
      return { ...ORDER, generationId: idOf(index), keyName: found.key.name, keyId: found.key.id, heldAt: Date.now() }
    },
    close: () => {
      instance.close()
      store.close()
    },
  }
}

async function makeKeys(store: Store): Promise<IssuedKey[]> {
  const issuer = new VirtualKeys(store.keys)
  const budget = { limitMicros: 1e12, period: 'month' } as const
  const run = Math.random().toString(36).slice(2, 8)
  const made = Array.from({ length: KEYS }, (_, index) =>
    issuer.create(checkedSettings({ name: `bench-${run}-${index}`, budget, maxInFlight: 1000 }), Date.now()),
  )
  return Promise.all(made)
}

const idOf = (index: number): string => `gen_0b7d4c1e-0000-4000-8000-${String(index).padStart(12, '0')}`

const ORDER = {
  endpoint: 'images.generations',
  model: 'gpt-image-2',
  size: '1024x1024',
  quality: 'medium',
  n: 1,
  highestMicros: 60_000,
  allowUnpriced: false,
} as const

export function settlement(): Settlement {
  return {
    verdict: 'bought',
    endedAt: Date.now(),
    cost: { costMicros: 42_000, estimated: false },
    images: 1,
    usage: {
      inputTokens: 16,
      outputTokens: 1056,
      totalTokens: 1072,
      inputTextTokens: 16,
      inputImageTokens: 0,
      inputCachedTokens: undefined,
      outputTextTokens: undefined,
      outputImageTokens: undefined,
    },
    upstreamRequestId: '202611230647301234567890ABCDEF',
    upstreamMs: 31_000,
    durationMs: 31_002,
    size: '1024x1024',
    quality: 'low',
    partialImages: 0,
    failure: undefined,
    firstEventMs: undefined,
    isUsageMissing: false,
  }
}

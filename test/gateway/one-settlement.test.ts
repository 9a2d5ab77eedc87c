import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { answerJson, scriptedUpstream } from '../helpers/upstream.ts'
import { startGateway } from '../helpers/gateway.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

const USAGE = { input_tokens: 24, output_tokens: 200, total_tokens: 224 }
const LABELS = 'model="gpt-image-2",key="admin"'
const order = { model: 'gpt-image-2', prompt: 'a paper boat', quality: 'low', size: '1024x1024' }

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, {
    DATABASE: 'true',
    ADMIN_KEY: 'admin-key-for-tests-0123456789',
    ORPHAN_TTL_MS: '0',
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

/** Tokens and images in the metrics and the ledger, so far. */
async function sums(): Promise<{ rows: number; metrics: number[]; ledger: number[] }> {
  const metrics = [
    (await gateway.metric('comet_tokens_total', `${LABELS},type="input"`)) +
      (await gateway.metric('comet_tokens_total', `${LABELS},type="output"`)),
    await gateway.metric('comet_images_total', `${LABELS},size="1024x1024",quality="low"`),
  ]
  const headers = { authorization: 'Bearer admin-key-for-tests-0123456789' }
  const response = await fetch(`${gateway.url}/gateway/generations`, { headers })
  const { data } = (await response.json()) as { data: Record<string, number | null>[] }
  const sum = (name: string): number => data.reduce((total, row) => total + (row[name] ?? 0), 0)
  return {
    rows: data.filter((row) => row['ended_at'] !== null).length,
    metrics,
    ledger: [sum('total_tokens'), sum('images')],
  }
}

describe('tokens and images', () => {
  it.each([
    ['an error beside a usage', { error: { message: 'channel broke' }, usage: USAGE }, [0, 0]],
    ['an image with its usage', { data: [{ b64_json: 'AA==' }], usage: USAGE }, [224, 1]],
    ['an image without usage', { data: [{ b64_json: 'AA==' }] }, [0, 1]],
    ['no image beside a usage', { data: [], usage: USAGE }, [0, 0]],
  ])('are the same in log, metrics and ledger: %s', async (_what, answer, [tokens = 0, images = 0]) => {
    upstream.script = answerJson(answer)
    const before = await sums()
    const response = await gateway.post(order, { authorization: 'Bearer admin-key-for-tests-0123456789' })
    await response.arrayBuffer()
    const line = await gateway.logOf(response)
    expect([line['totalTokens'] ?? 0, line['images'] ?? 0]).toEqual([tokens, images])
    const gained = (now: number[], then: number[]): number[] => now.map((value, index) => value - (then[index] ?? 0))
    await eventually('the sums in metrics and ledger are those of the log line', async () => {
      const after = await sums()
      expect(after.rows).toBe(before.rows + 1)
      expect(gained(after.metrics, before.metrics)).toEqual([tokens, images])
      expect(gained(after.ledger, before.ledger)).toEqual([tokens, images])
    })
  })
})

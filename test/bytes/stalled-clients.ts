import { Agent } from 'node:http'
import { newPrompt } from '../helpers/new-orders.ts'
import { takeAnswer } from './byte-client.ts'
import { firstDifference } from './byte-run.ts'
import type { ByteAnswer } from './byte-client.ts'
import type { ByteUpstream } from './byte-upstream.ts'

/** Clients that have read the beginning of their answers and read nothing more until they are told to. */
export interface StalledClients {
  /** Has them read the rest. Gives a sentence for each whose bytes are not the upstream's. */
  readonly goOn: () => Promise<string[]>
}

/** @param url of the gateway */
export async function stalledClients(url: string, upstream: ByteUpstream, count: number): Promise<StalledClients> {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const agent = new Agent()
  const stalls = async (): Promise<{ prompt: string; answer: Promise<ByteAnswer> }> => {
    const order = { url, agent, prompt: newPrompt(), isStream: false, manner: 'stalls', goOn: told } as const
    const { promise: begun, resolve: onFirst } = Promise.withResolvers<void>()
    const answer = takeAnswer({ ...order, onFirst })
    await begun
    return { answer, prompt: order.prompt }
  }
  const clients = await Promise.all(Array.from({ length: count }, stalls))
  return {
    goOn: async () => {
      tell()
      const wrong: string[] = []
      for (const { prompt, answer } of clients) {
        const { status, bytes, isWhole } = await answer
        const sent = upstream.answerTo(prompt)
        if (!bytes.equals(sent))
          wrong.push(`${prompt}: ${status}, ${isWhole ? 'whole' : 'cut'}, ${firstDifference(bytes, sent)}`)
      }
      return wrong
    },
  }
}

import type { ErrorBody } from '../../src/errors/gateway-error.ts'

/** The `error` of an answer. */
export async function errorOf(answer: Response): Promise<ErrorBody['error']> {
  const { error } = (await answer.json()) as ErrorBody
  return error
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

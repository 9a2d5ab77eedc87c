/**
 * Whether work is done within a time; its failure is passed on. The work itself goes on after the time is over.
 * @param limitMs at most 2^31 - 1
 */
export async function isDoneWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, limitMs, false)
  try {
    return await Promise.race([work.then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
  }
}

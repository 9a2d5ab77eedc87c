/** Systems count CPU time in ticks of up to 4 ms: small work is repeated until it takes several. */
const LEAST_MICROS = 16_000
const RUNS = 2

/**
 * How many times longer work takes with an input that is four times as large: about 4 where its time is linear, 16 where
 * it is quadratic. Measures CPU time of this thread and takes the least of several runs, so that neither a slow nor a busy
 * machine matters.
 * @param size the larger of the two
 */
export async function growth(size: number, work: (size: number) => unknown): Promise<number> {
  const small = Math.floor(size / 4)
  await work(small) // compiled by now
  let repeats = 1
  while ((await micros(repeats, small, work)) < LEAST_MICROS) repeats *= 2
  const least = async (of: number): Promise<number> => {
    const times: number[] = []
    for (let run = 0; run < RUNS; run++) times.push(await micros(repeats, of, work))
    return Math.min(...times)
  }
  return (await least(size)) / (await least(small))
}

async function micros(repeats: number, size: number, work: (size: number) => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  for (let repeat = 0; repeat < repeats; repeat++) await work(size)
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

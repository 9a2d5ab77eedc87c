/** Systems count CPU time in ticks of up to 4 ms: small work is repeated until it takes several. */
const LEAST_MICROS = 16_000
const MOST_RUNS = 10
/** Four times the input takes so many times as long, at most, where time is linear. */
const LINEAR = 6

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
  const least = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY }
  // Neighbours on the machine cost time by its caches too: measured until it looks linear, or often enough.
  for (let run = 0; run < MOST_RUNS; run++) {
    const large = await micros(repeats, size, work)
    const little = await micros(repeats, small, work)
    if (little < LEAST_MICROS / 4) {
      // It took that long before only because it was not compiled yet.
      repeats *= 2
      Object.assign(least, { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY })
      continue
    }
    least.large = Math.min(least.large, large)
    least.small = Math.min(least.small, little)
    if (run > 0 && least.large / least.small < LINEAR) break
  }
  return least.large / least.small
}

async function micros(repeats: number, size: number, work: (size: number) => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  for (let repeat = 0; repeat < repeats; repeat++) await work(size)
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

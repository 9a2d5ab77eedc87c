/**
 * Lets the event loop turn. What one socket of this process was given, another one has read by then: loopback has no
 * delay of its own.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Waits until a number does not change any more, and gives it: what a slow reader lets through, for example. */
export async function atRest(read: () => number): Promise<number> {
  for (let last = read(), same = 0; ;) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = read()
    same = now === last ? same + 1 : 0
    if (same === 5) return now
    last = now
  }
}

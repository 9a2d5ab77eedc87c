/**
 * Lets the event loop turn. What one socket of this process was given, another one has read by then: loopback has no
 * delay of its own.
 */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

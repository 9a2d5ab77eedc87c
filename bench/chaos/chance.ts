/** A number from 0 up to 1 that depends on the arguments alone: the same seed makes the same run. */
export function chance(seed: number, ...about: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed
  for (const character of about.join('/')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  // The last steps of MurmurHash3: without them neighbouring ids get similar numbers.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** One of several things, each as likely as its share says. */
export function pick<T>(roll: number, things: readonly T[], shareOf: (thing: T) => number): T {
  let left = roll * things.reduce((sum, thing) => sum + shareOf(thing), 0)
  for (const thing of things) {
    left -= shareOf(thing)
    if (left < 0) return thing
  }
  const last = things.at(-1)
  if (last === undefined) throw new Error('there is nothing to pick from')
  return last
}

/** A whole number from `from` to `to`. */
export function between(roll: number, from: number, to: number): number {
  return from + Math.floor(roll * (to - from + 1))
}

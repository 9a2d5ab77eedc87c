/** Finds what was probably meant: the candidate with the fewest edits, if there are few enough of them. */
export function nearMiss(written: string, candidates: Iterable<string>): string | undefined {
  if (written.length < 2 || written.length > 64) return undefined
  const plain = skeleton(written)
  let best: string | undefined
  let fewest = Math.max(1, Math.floor(written.length / 3)) + 1
  for (const candidate of candidates) {
    const edits = plain === skeleton(candidate) ? 0 : distance(written.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest && candidate !== written) {
      fewest = edits
      best = candidate
    }
  }
  return best
}

/** Letters and digits only, in lower case: `GPT_Image 2` and `gpt-image-2` are the same word. */
export function skeleton(value: string): string {
  return value.toLowerCase().replaceAll(/[^\p{L}\p{N}.]/gu, '')
}

/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap neighbours. */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, replaced)
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, at(beforePrevious, j - 2) + 1)
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}

/** A prompt made ready to be asked for words. */
export interface Words {
  text: string
  /** Each word (and its singular) with its first place in the text. */
  places: ReadonlyMap<string, number>
}

const PLURALS: readonly (readonly [RegExp, string])[] = [
  [/ies$/, 'y'],
  [/(ch|sh|s|x)es$/, '$1'],
  [/s$/, ''],
]

/** Splits a prompt into lower-case words. */
export function wordsOf(prompt: string): Words {
  const text = prompt.toLowerCase()
  const places = new Map<string, number>()
  for (const match of text.matchAll(/[a-z]+/g)) {
    for (const form of [match[0], ...singulars(match[0])]) {
      if (!places.has(form)) places.set(form, match.index)
    }
  }
  return { text, places }
}

function singulars(word: string): string[] {
  return PLURALS.filter(([ending]) => ending.test(word)).map(([ending, singular]) => word.replace(ending, singular))
}

/** Offset of the earliest of `wanted` in the prompt, or -1. Phrases and Chinese are looked for as they are. */
export function placeOf(words: Words, wanted: readonly string[]): number {
  const found = wanted
    .map((word) => (/^[a-z]+$/.test(word) ? (words.places.get(word) ?? -1) : words.text.indexOf(word)))
    .filter((place) => place >= 0)
  return found.length > 0 ? Math.min(...found) : -1
}

/** Whether any of `wanted` is in the prompt. */
export function mentions(words: Words, wanted: readonly string[]): boolean {
  return placeOf(words, wanted) >= 0
}

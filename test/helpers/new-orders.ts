let orders = 0

/** A prompt that no order had before: an equal order would be given the failure of a moment ago, or another's answer. */
export function newPrompt(): string {
  return `a lighthouse, number ${++orders}`
}

/** Becomes a new order each time that it is read or sent. */
export const NEW_ORDER = {
  model: 'gpt-image-2',
  get prompt() {
    return newPrompt()
  },
} as const

/** The same for a stream with two previews. */
export const NEW_STREAM = {
  model: 'gpt-image-2',
  get prompt() {
    return newPrompt()
  },
  stream: true,
  partial_images: 2,
} as const

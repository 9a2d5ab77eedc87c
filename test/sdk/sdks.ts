import OpenAI, { toFile } from 'openai'
import OpenAI6, { toFile as toFile6 } from 'openai-6'
import { VERSION } from 'openai/version'
import { VERSION as VERSION6 } from 'openai-6/version'

/** A real, unmodified openai package. */
export interface Sdk {
  readonly version: string
  readonly OpenAI: typeof OpenAI
  readonly toFile: typeof toFile
}

/**
 * The current major and the one before. Their types differ in what the newest models take; how they call, read answers,
 * raise errors and try again is what the tests look at.
 */
export const SDKS: readonly Sdk[] = [
  { version: VERSION, OpenAI, toFile },
  { version: VERSION6, OpenAI: OpenAI6 as unknown as typeof OpenAI, toFile: toFile6 },
]

/** The reason of a promise's rejection; a fulfilled promise is an error. */
export async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('It did not fail.')
}

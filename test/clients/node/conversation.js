import { createInterface } from 'node:readline'

/** The gateway's address, and a key for it. */
export const baseURL = process.env.BASE_URL
export const apiKey = process.env.API_KEY

/** Performs the tasks that come on standard input, one a line, and prints the outcome of each. */
export async function converse(perform) {
  for await (const line of createInterface({ input: process.stdin })) {
    const outcome = await perform(JSON.parse(line)).catch((error) => ({ error: described(error) }))
    console.log(`outcome ${JSON.stringify(outcome)}`)
  }
}

function described(error) {
  const last = error.lastError ?? error
  return { status: last.status ?? last.statusCode ?? null, message: String(error.message) }
}

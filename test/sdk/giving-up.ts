/**
 * A `fetch` for an SDK that gives up its first calls at moments of the test's choosing. It does so as the SDK's own timer
 * does, which would make the test depend on how fast the machine is.
 * @param moments one for each call that is given up, in order
 */
export function givingUp(...moments: readonly (() => Promise<unknown>)[]): typeof fetch {
  let calls = 0
  return async (input, init = {}) => {
    if (input === 'data:,') return fetch(input, init) // by which the SDK finds out what a form is made of
    const moment = moments[calls++]
    if (moment === undefined) return fetch(input, init)
    const giveUp = new AbortController()
    const signals = [giveUp.signal, init.signal ?? giveUp.signal]
    const answer = fetch(input, { ...init, signal: AbortSignal.any(signals) })
    void moment().then(() => giveUp.abort())
    return answer
  }
}

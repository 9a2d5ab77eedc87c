import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatheredPieces } from '../../src/spool/gathered-pieces.ts'

/** Bytes that tell where they stand. */
const numbered = (from: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (from + index) % 251))

async function read(payload: Readable, pause: () => Promise<unknown> = async () => {}): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of gatheredPieces(payload)) {
    pieces.push(piece)
    await pause()
  }
  return pieces
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => error,
  )

describe('the pieces of a stream', () => {
  it('are all of its bytes in order, however they come and however slowly they are taken', async () => {
    const chunks = fc.array(fc.oneof(fc.nat(5), fc.nat(5000), fc.constant(70_000), fc.constant(300_000)))
    await fc.assert(
      fc.asyncProperty(chunks, fc.array(fc.boolean(), { minLength: 1 }), fc.boolean(), async (sizes, turns, isSlow) => {
        const payload = new PassThrough()
        const reading = read(payload, async () => (isSlow ? setImmediate() : undefined))
        let sent = 0
        for (const [index, size] of sizes.entries()) {
          payload.write(numbered(sent, size))
          sent += size
          if (turns[index % turns.length] === true) await setImmediate()
        }
        payload.end()
        expect(Buffer.concat(await reading).equals(numbered(0, sent))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })

  it('are few where its chunks are small', async () => {
    const payload = new PassThrough()
    const reading = read(payload)
    for (let count = 0; count < 10_000; count++) payload.write(Buffer.from('x'))
    payload.end()
    expect((await reading).length).toBeLessThan(5)
  })

  it('do not wait in memory beyond a bound while nobody takes them', async () => {
    let sent = 0
    const payload = new Readable({
      read(): void {
        sent += 10_000
        this.push(sent > 20_000_000 ? null : Buffer.alloc(10_000))
      },
    })
    for await (const piece of gatheredPieces(payload)) {
      expect(piece.length).toBeGreaterThan(0)
      for (let turn = 0; turn < 50; turn++) await setImmediate()
      break
    }
    expect(sent).toBeLessThan(1_000_000)
  })

  it('end with the error of the stream, after what came before it', async () => {
    const error = new Error('reset')
    const payload = new PassThrough()
    const failure = failureOf(read(payload))
    payload.write('x')
    payload.destroy(error)
    expect(await failure).toBe(error)
    expect(await failureOf(read(payload))).toBe(error)
  })

  it('end with an error where the stream is closed before its end', async () => {
    const payload = new PassThrough()
    const failure = failureOf(read(payload))
    payload.write('x')
    payload.destroy()
    expect(String(await failure)).toContain('before its end')
    expect(String(await failureOf(read(payload)))).toContain('before its end')
  })

  it('are none where the stream has ended already', async () => {
    const payload = Readable.from([Buffer.from('x')])
    await read(payload)
    expect(await read(payload)).toEqual([])
  })

  it('stay in the stream for whoever comes next, where the loop is left', async () => {
    const payload = new PassThrough()
    payload.write('first')
    for await (const piece of gatheredPieces(payload)) {
      expect(piece.toString()).toBe('first')
      break
    }
    payload.end('second')
    for (let turn = 0; turn < 5; turn++) await setImmediate()
    expect(payload.listenerCount('data')).toBe(0)
    expect(Buffer.concat(await read(payload)).toString()).toBe('second')
  })
})

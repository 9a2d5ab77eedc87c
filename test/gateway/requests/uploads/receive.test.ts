import { readdirSync, readlinkSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../../src/errors/gateway-error.ts'
import { receiveUpload } from '../../../../src/gateway/requests/uploads/receive.ts'
import { SpoolDirectory, SpoolFile } from '../../../../src/spool/spool-file.ts'
import { endlessShare } from '../receiving.ts'
import { temporaryDirectory } from '../../../helpers/directory.ts'
import { atRest, turns } from '../../../helpers/time/turns.ts'
import type { IncomingUpload, UploadTap } from '../../../../src/gateway/requests/uploads/receive.ts'
import type { Spool } from '../../../../src/spool/spool.ts'

const { path: directory, remove } = temporaryDirectory()
afterAll(remove)
afterEach(() => expect(openFiles()).toBe(0))

function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory)
    } catch {
      return false
    }
  }).length
}

/** A directory that counts how often its files are written to. */
class CountingDirectory extends SpoolDirectory {
  writes = 0

  override async createFile(): ReturnType<SpoolDirectory['createFile']> {
    const { handle, path } = await super.createFile()
    const counted = new Proxy(handle, {
      get: (target, name) => {
        if (name === 'writev') this.writes++
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    return new SpoolFile(counted, path)
  }
}

const spool = new CountingDirectory(directory)
const blind: UploadTap = { write: () => {}, end: () => {} }

async function receive(
  payload: Readable,
  {
    tap = blind,
    maxBytes = 5_000_000,
    contentLength,
  }: { tap?: UploadTap; maxBytes?: number; contentLength?: number } = {},
): Promise<Spool> {
  const upload: IncomingUpload = { payload, contentType: '', contentLength, share: endlessShare() }
  return receiveUpload(upload, { spool, maxBytes, limitedBy: 'MAX_UPLOAD_BYTES' }, tap, (received) => received)
}

async function refusalOf(work: Promise<unknown>): Promise<GatewayError> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof GatewayError) return error
  throw error
}

const numbered = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at % 251))
const inPieces = (bytes: Buffer, pieceBytes: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
    bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  )

describe('an upload', () => {
  it('is received as it comes, past a tap that sees every byte of it in order', async () => {
    const bytes = numbered(900_000)
    await fc.assert(
      fc.asyncProperty(fc.nat(900_000), fc.constantFrom(300, 5000, 65_535, 65_536, 200_000), async (length, size) => {
        const seen: Buffer[] = []
        const tap = { write: (chunk: Buffer) => void seen.push(Buffer.from(chunk)), end: () => {} }
        const received = await receive(Readable.from(inPieces(bytes.subarray(0, length), size)), { tap })
        expect(Buffer.concat(seen).equals(bytes.subarray(0, length))).toBe(true)
        expect((await buffer(received.read())).equals(bytes.subarray(0, length))).toBe(true)
        await received.discard()
      }),
      { numRuns: 30 },
    )
  })

  it('is written to disk in large pieces, however small those are in which it comes', async () => {
    const before = spool.writes
    const received = await receive(Readable.from(inPieces(numbered(1_000_000), 10), { objectMode: false }))
    expect(spool.writes - before).toBeLessThanOrEqual(1 + Math.ceil(1_000_000 / 65_536))
    expect((await buffer(received.read())).equals(numbered(1_000_000))).toBe(true)
    await received.discard()
  })

  it('may be as long as the limit and not a byte longer, whatever it announces', async () => {
    for (const maxBytes of [1000, 500_000]) {
      const received = await receive(Readable.from(inPieces(numbered(maxBytes), 777)), {
        maxBytes,
        contentLength: maxBytes,
      })
      expect(received.bytes).toBe(maxBytes)
      await received.discard()
      const limit = {
        code: 'request_too_large',
        message: expect.stringContaining(`limit of ${maxBytes} bytes`) as string,
      }
      for (const announced of [{}, { contentLength: 1 }, { contentLength: maxBytes + 1 }]) {
        const payload = Readable.from(inPieces(numbered(maxBytes + 1), 777))
        expect(await refusalOf(receive(payload, { maxBytes, ...announced }))).toMatchObject(limit)
      }
    }
  })

  it.each(['write', 'end'] as const)(
    'is refused by what its tap throws in %s, and what still comes is left to whoever answers',
    async (when) => {
      const refusal = new GatewayError('invalid_form', 'no')
      const tap = { ...blind, [when]: () => { throw refusal } } // prettier-ignore
      const payload = Readable.from(inPieces(numbered(900_000), 10_000))
      expect(await refusalOf(receive(payload, { tap }))).toBe(refusal)
      expect([payload.destroyed, payload.errored]).toEqual([when === 'end', null])
      if (when === 'write') expect((await buffer(payload)).length).toBeGreaterThan(500_000)
    },
  )

  it('whose connection breaks is refused as such, whatever the tap would say', async () => {
    const payload = new PassThrough()
    const tap = { ...blind, end: () => { throw new Error('too early') } } // prettier-ignore
    const work = refusalOf(receive(payload, { tap }))
    payload.write(numbered(400_000))
    await turns()
    payload.destroy()
    expect(await work).toMatchObject({ code: 'invalid_http', status: 400 })
  })

  it('that is announced to be too large is not read at all', async () => {
    const payload = new PassThrough()
    const error = await refusalOf(receive(payload, { contentLength: 9_000_000 }))
    expect(error.code).toBe('request_too_large')
    for (let count = 0; count < 20; count++) payload.write(numbered(100_000))
    expect(await atRest(() => payload.readableLength)).toBeLessThan(300_000)
    expect(payload.readableDidRead).toBe(false)
  })
})

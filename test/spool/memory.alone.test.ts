import { afterAll, expect, it } from 'vitest'
import { GatheredBytes } from '../../src/spool/gathered-bytes.ts'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { Spool } from '../../src/spool/spool.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { memory } from '../helpers/memory.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)

it('a spool does not keep the memory in which its bytes came, however small its pieces are', async () => {
  const spool = new Spool(new SpoolDirectory(path))
  const before = (await memory()).heldBytes
  for (let at = 0; at < 200_000; at++) await spool.write(Buffer.allocUnsafeSlow(1000).subarray(0, 1))
  const after = (await memory()).heldBytes
  expect(after - before).toBeLessThan(40_000_000)
  await spool.discard()
})

it('gathered bytes take memory by their number and not by that of the pieces', async () => {
  const gathered = new GatheredBytes()
  const before = (await memory()).heldBytes
  for (let count = 0; count < 1_000_000; count++) gathered.append(Buffer.from('x'))
  expect(gathered.bytes().buffer.byteLength).toBeLessThanOrEqual(2_097_152)
  expect((await memory()).heldBytes - before).toBeLessThan(8_000_000)
})

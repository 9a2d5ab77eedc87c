import { describe, expect, it } from 'vitest'
import { DiskRoom } from '../../src/spool/disk-room.ts'
import type { DiskState } from '../../src/spool/disk-room.ts'

const MIB = 1_048_576
const GIB = 1024 * MIB

/** A disk that a test fills, and a clock that it sets forward. */
class Disk {
  state: DiskState | undefined
  now = 0
  looks = 0

  constructor(totalBytes: number, freeBytes: number) {
    this.state = { totalBytes, freeBytes }
  }

  room(reserveBytes?: number): DiskRoom {
    const look = (): DiskState | undefined => {
      this.looks++
      return this.state
    }
    return new DiskRoom({ directory: '/nowhere', reserveBytes, look, now: () => this.now })
  }

  becomes(freeBytes: number): void {
    this.state = { totalBytes: this.state?.totalBytes ?? 0, freeBytes }
    this.now += 1000
  }
}

describe('the reserve of a disk', () => {
  it.each([
    ['64 MiB of a large one', 500 * GIB, 64 * MIB],
    ['a twentieth of a small one', 64 * MIB, Math.floor(64 * MIB * 0.05)],
  ])('is %s', (_what, totalBytes, reserveBytes) => {
    expect(new Disk(totalBytes, totalBytes).room().spareBytes).toBe(totalBytes - reserveBytes)
  })

  it('is as configured, whatever the size of the disk', () => {
    expect(new Disk(64 * MIB, 20 * MIB).room(16 * MIB).spareBytes).toBe(4 * MIB)
    expect(new Disk(64 * MIB, 20 * MIB).room(0).spareBytes).toBe(20 * MIB)
  })

  it('is none of a disk that cannot be looked at', () => {
    const disk = new Disk(0, 0)
    disk.state = undefined
    const room = disk.room()
    expect([room.isEnough, room.makeRoom(1e15)]).toEqual([true, true])
  })

  it('can be looked at where the directory is not made yet', () => {
    const room = new DiskRoom({ directory: '/tmp/not/made/yet' })
    expect(room.spareBytes).toBeGreaterThan(-1e9)
    expect(room.spareBytes).toBeLessThan(Number.POSITIVE_INFINITY)
  })
})

describe('the room on a disk', () => {
  it('is looked at once a second; what is written and freed meanwhile is counted', () => {
    const disk = new Disk(GIB, 100 * MIB)
    const room = disk.room(10 * MIB)
    expect(room.spareBytes).toBe(90 * MIB)
    room.written(50 * MIB)
    expect(room.makeRoom(41 * MIB)).toBe(false)
    expect(room.makeRoom(40 * MIB)).toBe(true)
    room.closing(20 * MIB)
    expect(room.spareBytes).toBe(60 * MIB)
    expect(disk.looks).toBe(1)
    disk.becomes(50 * MIB) // the file is not closed yet, and counts as free all the same
    expect(room.spareBytes).toBe(60 * MIB)
    expect(disk.looks).toBe(2)
  })

  it('is made by giving up what can be done without, as much as is needed and no more', () => {
    const room = new Disk(GIB, 10 * MIB).room(10 * MIB)
    const files = [3 * MIB, 3 * MIB, 3 * MIB]
    room.add({
      get diskBytes(): number {
        return files.reduce((sum, bytes) => sum + bytes, 0)
      },
      giveUp: () => {
        const bytes = files.shift()
        if (bytes !== undefined) room.closing(bytes)
        return bytes !== undefined
      },
    })
    expect(room.reachableBytes).toBe(9 * MIB)
    expect(room.makeRoom(5 * MIB)).toBe(true)
    expect(files).toHaveLength(1)
    expect(room.makeRoom(10 * MIB)).toBe(false)
    expect(files).toHaveLength(0)
    expect(room.isEnough).toBe(true)
  })

  it('is not enough when others have filled the disk, until they are gone', () => {
    const disk = new Disk(GIB, 100 * MIB)
    const room = disk.room(10 * MIB)
    expect(room.isEnough).toBe(true)
    disk.becomes(9 * MIB)
    expect(room.isEnough).toBe(false)
    disk.becomes(11 * MIB)
    expect(room.isEnough).toBe(true)
  })

  it('is given to somebody who could not write, once the files are closed', async () => {
    const room = new Disk(GIB, 0).room()
    const closed: (() => void)[] = []
    let left = 3
    const giveUp = (): boolean => {
      if (left === 0) return false
      left--
      closed.push(room.closing(3 * MIB))
      return true
    }
    room.add({ diskBytes: 9 * MIB, giveUp })
    let relieved: boolean | undefined
    const relief = room.relieve().then((worthIt) => (relieved = worthIt))
    expect(left).toBe(1)
    closed[0]?.()
    await Promise.resolve()
    expect(relieved).toBeUndefined()
    closed[1]?.()
    await relief
    expect(relieved).toBe(true)
    const last = room.relieve()
    closed[2]?.()
    expect(await last).toBe(true)
    expect(await room.relieve()).toBe(false)
  })
})

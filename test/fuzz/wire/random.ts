import { Seeded } from '../../helpers/seeded.ts'

/** The draws of a fuzz run. */
export class Random extends Seeded {
  /** A whole number from `from` to `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** True in so many cases of a hundred. */
  percent(share: number): boolean {
    return this.next() * 100 < share
  }

  pick<T>(things: readonly T[]): T {
    return things[Math.floor(this.next() * things.length)] as T
  }

  /** A size whose order of magnitude is as likely as any other: mostly small, sometimes large. */
  size(most: number): number {
    return Math.floor(most ** this.next())
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.between(0, 255)))
  }

  /** The bytes with a few of them changed, left out, repeated or put in. */
  spoiled(bytes: Buffer): Buffer {
    let spoilt = bytes
    for (let left = this.between(1, 4); left > 0; left--) {
      const at = this.between(0, spoilt.length)
      const [before, after] = [spoilt.subarray(0, at), spoilt.subarray(at)]
      const way = this.between(0, 3)
      if (way === 0) spoilt = Buffer.concat([before, this.bytes(1), after.subarray(1)])
      else if (way === 1) spoilt = Buffer.concat([before, after.subarray(this.between(1, 40))])
      else if (way === 2) spoilt = Buffer.concat([before, after.subarray(0, this.between(1, 200)), after])
      else spoilt = Buffer.concat([before, this.bytes(this.between(1, 8)), after])
    }
    return spoilt
  }
}

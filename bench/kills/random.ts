import { Seeded } from '../../test/helpers/seeded.ts'

/** The draws of a kill run. */
export class Dice extends Seeded {
  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  chance(share: number): boolean {
    return this.next() < share
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import { fileName } from './picture.ts'
import type { FileExtension, Picture } from './picture.ts'

/** The path of pictures on the gateway's port. */
export const PICTURES_PATH = '/pictures'

/** The part of a link that its signature speaks for. */
interface SignedLink {
  readonly id: string
  readonly extension: FileExtension
  /** Seconds since 1970. */
  readonly expires: number
}

export interface LinksOptions {
  /** At least 32 bytes; shown nowhere. */
  readonly secret: Buffer
  /** The address that links begin with, without a slash at its end. */
  readonly base: () => string | undefined
}

/** Links to pictures that need no key: signed, and good until the picture expires. */
export class Links {
  readonly #secret: Buffer
  readonly #base: () => string | undefined

  constructor({ secret, base }: LinksOptions) {
    this.#secret = secret
    this.#base = base
  }

  linkTo(picture: Picture): string {
    const { id, extension, expiresAt } = picture
    const expires = Math.floor(expiresAt / 1000)
    const signature = this.#sign({ id, extension, expires }).toString('base64url')
    return `${this.#base() ?? ''}${PICTURES_PATH}/${fileName(picture)}?expires=${expires}&signature=${signature}`
  }

  /** `good`, also where it has expired: `expired`; `forged` for everything that was not signed here. Takes the same time for all of these. */
  judge(
    link: Omit<SignedLink, 'expires'>,
    expires: string,
    signature: string,
    now: number,
  ): 'good' | 'expired' | 'forged' {
    const isNumber = /^\d{1,12}$/.test(expires)
    const expected = this.#sign({ ...link, expires: isNumber ? Number(expires) : 0 })
    // Compared as text: a base64url text of 43 characters has four spellings of the same bytes.
    const expectedText = Buffer.from(expected.toString('base64url'))
    const given = Buffer.from(signature.slice(0, 2 * expectedText.length))
    const isSigned = given.length === expectedText.length && timingSafeEqual(given, expectedText)
    if (!isSigned || !isNumber || String(Number(expires)) !== expires) return 'forged'
    return Number(expires) * 1000 > now ? 'good' : 'expired'
  }

  #sign({ id, extension, expires }: SignedLink): Buffer {
    return createHmac('sha256', this.#secret).update(`${id}.${extension}\n${expires}`).digest()
  }
}

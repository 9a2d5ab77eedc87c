import { hash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const PREFIX = 'sk-gw-'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 32 × log2(62) = 190 random bits. */
const RANDOM_CHARS = 32
/** 62^6 is more than 2^32: a CRC-32 fits. */
const CHECKSUM_CHARS = 6
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_CHARS + CHECKSUM_CHARS}}$`)

/**
 * The look of a presented credential: one of our keys, one of ours with a typing error in it, or something that
 * this gateway never issued. Nothing is looked up.
 */
export type KeyShape = 'well_formed' | 'mistyped' | 'foreign'

/** A new key: `sk-gw-`, random characters that a double-click selects whole, and their checksum. */
export function newKeySecret(): string {
  let body = PREFIX
  for (let left = RANDOM_CHARS; left > 0; left--) body += ALPHABET[randomInt(ALPHABET.length)] ?? ''
  return body + checksum(body)
}

/** It begins as a key that a gateway makes does, whether it is one or not. */
export function looksIssued(presented: string): boolean {
  return presented.startsWith(PREFIX)
}

export function keyShape(presented: string): KeyShape {
  if (!looksIssued(presented)) return 'foreign'
  if (!SHAPE.test(presented)) return 'mistyped'
  const body = presented.slice(0, -CHECKSUM_CHARS)
  return presented.endsWith(checksum(body)) ? 'well_formed' : 'mistyped'
}

/** The digest that a key is stored as and found by. Its secret is random, so a slow hash would add nothing. */
export function keyDigest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** The end of a key, to tell keys apart in lists. It is checksum, and gives away 24 of the 190 bits. */
export function keyHint(secret: string): string {
  return `${PREFIX}…${secret.slice(-4)}`
}

function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let left = CHECKSUM_CHARS; left > 0; left--) {
    text = (ALPHABET[rest % ALPHABET.length] ?? '') + text
    rest = Math.floor(rest / ALPHABET.length)
  }
  return text
}

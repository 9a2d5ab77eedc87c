/** The name at the beginning of a member of a JSON object, with its quotes. */
const NAME = /^"(?:[^"\\]|\\.)*"/

/** The beginning of a member, with another name; everything behind the name stays as it is. */
export function renamed(opening: Buffer, name: string): Buffer {
  return Buffer.from(
    opening.toString('latin1').replace(NAME, () => `"${name}"`),
    'latin1',
  )
}

/** A colour as `#rrggbb`. */
export type Colour = string

/** `share` of the way from one colour to another (0 = all `from`, 1 = all `to`). */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const [a, b] = [channels(from), channels(to)]
  const mixed = a.map((value, index) => Math.round(value + ((b[index] ?? 0) - value) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** How a thing's own colour looks in the light of a scene. */
export type Light = (colour: Colour) => Colour

/** Light that pulls every colour a little towards the scene's own. */
export function lightOf(tint: Colour, strength: number): Light {
  return (colour) => mix(colour, tint, strength)
}

function channels(colour: Colour): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

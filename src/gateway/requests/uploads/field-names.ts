/** One of several images: `image[]`, `image[0]`. */
const ONE_IMAGE = /^image\[\d{0,3}\]$/
/** A member of an object: `svg[model]`, `svg[reasoning][effort]`. */
const MEMBER = /^(svg)\[(\w+)\](?:\[(\w+)\])?$/
const FILE_PARAMETERS: ReadonlySet<string> = new Set(['image', 'mask', 'markup'])

/** The parameter that a field of a form belongs to. */
export function parameterOf(name: string): string {
  return ONE_IMAGE.test(name) ? 'image' : (MEMBER.exec(name)?.[1] ?? name)
}

/** Whether the field must be a file. */
export function isFileField(name: string): boolean {
  return FILE_PARAMETERS.has(parameterOf(name))
}

/** The object and the path inside it, of a field that is a member of an object. */
export function memberOf(name: string): { readonly object: string; readonly path: readonly string[] } | undefined {
  const [, object, outer = '', inner] = MEMBER.exec(name) ?? []
  return object === undefined ? undefined : { object, path: inner === undefined ? [outer] : [outer, inner] }
}

/** A name from the request, for a message. */
export function shownName(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}

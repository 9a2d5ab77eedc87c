import { invalidForm } from './uploads/form-reader.ts'
import type { FilePart, FormReader, Part, TextPart } from './uploads/form-reader.ts'

/** One of several images: `image[]`, `image[0]`. */
const ONE_IMAGE = /^image\[\d{0,3}\]$/
/** A member of an object: `svg[model]`, `svg[reasoning][effort]`. */
const MEMBER = /^(svg)\[(\w+)\](?:\[(\w+)\])?$/
const FILE_PARAMETERS: ReadonlySet<string> = new Set(['image', 'mask', 'markup'])

/** The parameters of a form, numbers as text still, and the parts that say nothing. */
export interface FormParameters {
  readonly parameters: ReadonlyMap<string, unknown>
  /** Files that were not chosen, empty members of objects, and fields that say again what another has said. */
  readonly superfluous: ReadonlySet<Part>
}

/** @throws GatewayError `invalid_form` where fields contradict each other */
export function formParameters({ texts, files, emptyFiles }: FormReader): FormParameters {
  const superfluous = new Set<Part>([...emptyFiles, ...texts.filter(isEmptyMember), ...texts.filter(isEmptyFile)])
  const fields = texts.filter((part) => !superfluous.has(part))
  const parameters = new Map<string, unknown>()
  for (const part of fields) {
    if (!parameters.has(part.name)) parameters.set(part.name, textOf(part))
    else if (parameters.get(part.name) === part.text) superfluous.add(part)
    else throw invalidForm(`The field '${shown(part.name)}' occurs twice; each may occur once.`)
  }
  joinMembers(parameters)
  for (const [name, value] of fileParameters(files)) {
    if (parameters.has(name)) throw invalidForm(`The field '${shown(name)}' is sent as text and as a file.`)
    parameters.set(name, value)
  }
  return { parameters, superfluous }
}

/** The parameter that a part belongs to. */
export function parameterOf(name: string): string {
  return ONE_IMAGE.test(name) ? 'image' : (MEMBER.exec(name)?.[1] ?? name)
}

function isEmptyMember({ name, text }: TextPart): boolean {
  return text === '' && MEMBER.test(name)
}

/** Some clients write a file that was not given as an empty text. */
function isEmptyFile({ name, text }: TextPart): boolean {
  return text === '' && FILE_PARAMETERS.has(parameterOf(name))
}

function textOf({ name, text }: TextPart): string {
  if (!FILE_PARAMETERS.has(parameterOf(name))) return text
  throw invalidForm(`The field '${shown(name)}' must be sent as a file: its part has no file name.`)
}

/** Puts the members of an object together: `svg[model]` becomes the `model` of `svg`. */
function joinMembers(parameters: Map<string, unknown>): void {
  for (const [name, text] of parameters) {
    const [, object, outer = '', inner] = MEMBER.exec(name) ?? []
    if (object === undefined) continue
    const before = parameters.get(object) ?? {}
    if (typeof before !== 'object') throw invalidForm(`The field '${object}' is sent in two ways. Use one.`)
    parameters.delete(name)
    parameters.set(object, withMember({ ...before }, inner === undefined ? [outer] : [outer, inner], text))
  }
}

function withMember(object: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): object {
  if (rest.length === 0) return { ...object, [first]: value }
  const inside = object[first]
  return { ...object, [first]: withMember(typeof inside === 'object' ? { ...inside } : {}, rest, value) }
}

/** `image`, `image[]` and `image[0]` are one parameter; upstreams read only one of the three ways, so they cannot be mixed. */
function fileParameters(files: readonly FilePart[]): Map<string, unknown> {
  const byName = Map.groupBy(files, ({ name }) => parameterOf(name))
  const parameters = new Map<string, unknown>()
  for (const [name, parts] of byName) {
    const ways = new Set(parts.map((part) => part.name.replace(/\d+/, '0')))
    if (ways.size > 1)
      throw invalidForm(`The field '${shown(name)}' is sent in different ways: ${[...ways].join(', ')}. Use one.`)
    if (ways.has(`${name}[0]`) && new Set(parts.map((part) => part.name)).size < parts.length)
      throw invalidForm(`A number of '${shown(name)}[…]' occurs twice.`)
    const ordered = ways.has(`${name}[0]`) ? parts.toSorted((a, b) => indexOf(a) - indexOf(b)) : parts
    parameters.set(
      name,
      ordered.map(({ file }) => file),
    )
  }
  return parameters
}

function indexOf({ name }: FilePart): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0)
}

/** A name from the request, for a message. */
function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}

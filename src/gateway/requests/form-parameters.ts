import { isFileField, memberOf, parameterOf, shownName } from './uploads/field-names.ts'
import { invalidForm, noFileName } from './uploads/form-reader.ts'
import type { FilePart, FormReader, Part, TextPart } from './uploads/form-reader.ts'

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
  const text = fields.find(({ name }) => isFileField(name))
  if (text !== undefined) throw noFileName(text.name)
  const parameters = new Map<string, unknown>()
  for (const part of fields) {
    if (!parameters.has(part.name)) parameters.set(part.name, part.text)
    else if (parameters.get(part.name) === part.text) superfluous.add(part)
    else throw invalidForm(`The field '${shownName(part.name)}' occurs twice; each may occur once.`)
  }
  joinMembers(parameters)
  for (const [name, value] of fileParameters(files)) {
    if (parameters.has(name)) throw invalidForm(`The field '${shownName(name)}' is sent as text and as a file.`)
    parameters.set(name, value)
  }
  return { parameters, superfluous }
}

function isEmptyMember({ name, text }: TextPart): boolean {
  return text === '' && memberOf(name) !== undefined
}

/** Some clients write a file that was not given as an empty text. */
function isEmptyFile({ name, text }: TextPart): boolean {
  return text === '' && isFileField(name)
}

/** Puts the members of an object together: `svg[model]` becomes the `model` of `svg`. */
function joinMembers(parameters: Map<string, unknown>): void {
  for (const [name, text] of parameters) {
    const member = memberOf(name)
    if (member === undefined) continue
    const { object, path } = member
    const before = parameters.get(object) ?? {}
    if (typeof before !== 'object') throw invalidForm(`The field '${object}' is sent in two ways. Use one.`)
    parameters.delete(name)
    parameters.set(object, withMember({ ...before }, path, text))
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
      throw invalidForm(`The field '${shownName(name)}' is sent in different ways: ${[...ways].join(', ')}. Use one.`)
    if (ways.has(`${name}[0]`) && new Set(parts.map((part) => part.name)).size < parts.length)
      throw invalidForm(`A number of '${shownName(name)}[…]' occurs twice.`)
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

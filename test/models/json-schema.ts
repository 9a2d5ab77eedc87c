/** A small reader of the JSON Schema keywords that the gateway uses, independent of what wrote them. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly 'x-combinations'?: readonly { readonly param: string; readonly rule: string }[]
}

const KNOWN: ReadonlySet<string> = new Set(
  `type enum anyOf properties required additionalProperties items minItems maxItems minimum maximum minLength maxLength
  pattern $schema description x-source x-as-of x-combinations`.split(/\s+/),
)

/** Keywords that this reader would silently ignore. */
export function unreadKeywords(schema: Schema): string[] {
  const inside = [
    ...(schema.anyOf ?? []),
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
  ]
  return [...Object.keys(schema).filter((keyword) => !KNOWN.has(keyword)), ...inside.flatMap(unreadKeywords)]
}

export function accepts(schema: Schema, value: unknown): boolean {
  if (schema.anyOf !== undefined && !schema.anyOf.some((one) => accepts(one, value))) return false
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false
  if (schema.type !== undefined && ![schema.type].flat().some((type) => hasType(type, value))) return false
  if (typeof value === 'string') return acceptsText(schema, value)
  if (typeof value === 'number') return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity)
  if (Array.isArray(value)) return acceptsList(schema, value)
  return typeof value === 'object' && value !== null ? acceptsMembers(schema, new Map(Object.entries(value))) : true
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

function acceptsText({ minLength = 0, maxLength = Infinity, pattern = '' }: Schema, value: string): boolean {
  const characters = Array.from(value).length
  return characters >= minLength && characters <= maxLength && new RegExp(pattern, 'u').test(value)
}

function acceptsList({ items = {}, minItems = 0, maxItems = Infinity }: Schema, list: readonly unknown[]): boolean {
  return list.length >= minItems && list.length <= maxItems && list.every((one) => accepts(items, one))
}

function acceptsMembers(
  { properties = {}, required = [], additionalProperties = true }: Schema,
  members: ReadonlyMap<string, unknown>,
): boolean {
  if (!required.every((name) => members.has(name))) return false
  return [...members].every(([name, value]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (own !== undefined) return accepts(own, value)
    return typeof additionalProperties === 'boolean' ? additionalProperties : accepts(additionalProperties, value)
  })
}

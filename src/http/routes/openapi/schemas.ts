import { z } from 'zod'
import * as answers from '../admin/answers.ts'
import * as bodies from '../admin/schemas.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

export type NamedSchemas = Readonly<Record<string, JsonSchema>>

/** The OpenAPI document, with types for the parts that the page is made of. */
export interface OpenapiDocument {
  readonly openapi: string
  readonly info: Readonly<Record<'title' | 'version' | 'description', string>> & { readonly license: object }
  readonly servers: readonly object[]
  readonly security: readonly object[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: NamedSchemas; readonly securitySchemes: object; readonly responses: object }
  readonly 'x-error-codes': object
}

const PREFIX = '#/components/schemas/'

/** OpenAI's error body (errors/gateway-error.ts writes it). */
export const errorAnswer = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
    issues: z
      .array(z.strictObject({ code: z.string(), message: z.string(), param: z.string().nullable() }))
      .optional()
      .describe('Every problem of the request.'),
  }),
})

/** OpenAI's image answer; the upstream's bytes are relayed as they are, so that more may stand in it. */
export const imagesAnswer = z.looseObject({
  created: z.int().optional(),
  data: z.array(
    z.looseObject({
      b64_json: z.string().optional(),
      url: z.string().optional(),
      revised_prompt: z.string().nullable().optional(),
      generation_id: z.string().optional(),
    }),
  ),
  usage: z.looseObject({}).optional(),
  svg_usage: z
    .looseObject({
      model: z.string(),
      input_tokens: z.int(),
      output_tokens: z.int(),
      reasoning_tokens: z.int(),
      total_tokens: z.int(),
    })
    .optional()
    .describe('Tokens of the text model that wrote an svg.'),
  size: z.string().optional(),
  quality: z.string().optional(),
  background: z.string().optional(),
  output_format: z.string().optional().describe("'png', 'jpeg', 'webp', 'gif' or 'svg'."),
  safety_identifier: z.string().nullable().optional(),
})

/** Schemas that the document names, and refers to wherever they occur. */
const NAMED = {
  Error: errorAnswer,
  Images: imagesAnswer,
  NewKey: bodies.newKeyBody,
  KeyChanges: bodies.keyChangesBody,
  Rotation: bodies.rotationBody,
  Key: answers.keyAnswer,
  IssuedKey: answers.issuedKeyAnswer,
  Keys: answers.keysAnswer,
  Me: answers.meAnswer,
  Usage: answers.usageAnswer,
  Generation: answers.generationAnswer,
  Generations: answers.generationsAnswer,
} as const satisfies Record<string, z.ZodType>

const names = new Map<z.ZodType, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]))

/** All named schemas, as the document's components. */
export function namedSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [name, schema] of Object.entries(NAMED)) registry.add(schema, { id: name })
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => PREFIX + id })
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)]))
}

/** A schema as it stands in the document: a reference to its name, if it has one. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const name = names.get(schema)
  return name === undefined ? bare(z.toJSONSchema(schema, { io: 'input' })) : referenceTo(name)
}

export function referenceTo(name: string): JsonSchema {
  return { $ref: PREFIX + name }
}

/** The parameters of a query, with the type that each is read as. */
export function queryParameters({ shape }: z.ZodObject): object[] {
  return Object.entries(shape).map(([name, field]) => ({
    name,
    in: 'query',
    required: !z.safeParse(field, undefined).success,
    schema: bare(z.toJSONSchema(field, { io: 'output' })),
  }))
}

/** Inside the document, a schema has neither a dialect nor an address of its own. */
export function bare(schema: object): JsonSchema {
  const { $schema: _dialect, $id: _address, ...rest } = schema as { $schema?: string; $id?: string }
  return rest
}

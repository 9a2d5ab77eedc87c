import { ERRORS } from '../../../errors/gateway-error.ts'
import { VERSION } from '../../../version.ts'
import { checkPath } from '../gateway.ts'
import { answerContent, imageSchemas, requestContent } from './images.ts'
import { DESCRIBED_ROUTES, checkAnswer } from './routes.ts'
import { namedSchemas, queryParameters, referenceTo, schemaOf } from './schemas.ts'
import { exampleOf } from './examples.ts'
import type { JsonSchema, NamedSchemas, OpenapiDocument } from './schemas.ts'
import type { Endpoint } from '../../../gateway/requests/endpoint.ts'
import type { Operation } from '../../../models/model.ts'
import type { RouteDescription } from '../described-route.ts'
import type { ImageSources } from './images.ts'

const SUMMARIES = {
  'images.generations': 'Makes images from a prompt.',
  'images.edits': 'Makes images from images and a prompt.',
  'images.variations': 'Makes variations of an image.',
} as const satisfies Record<Operation, string>

const FAILURES = { '4XX': { $ref: '#/components/responses/Refused' }, '5XX': { $ref: '#/components/responses/Failed' } }
const POLICY = {
  name: 'x-gateway-parameter-policy',
  in: 'header',
  description: 'drop: leave out parameters that the model does not take, rather than refuse the request.',
  schema: { type: 'string', enum: ['strict', 'drop'] },
}
const CONVERTED = {
  'x-gateway-converted': {
    description:
      'The forms of the pictures, where the gateway was to turn base64 into links: url; b64_json for those that it could not keep.',
    schema: { type: 'string' },
  },
}
const IDEMPOTENCY = {
  name: 'idempotency-key',
  in: 'header',
  description: 'A second request with the same key and body gets the first one’s images; they are not bought again.',
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
}

/** The OpenAPI 3.1 document: everything the gateway serves, from the tables and schemas that it checks by. */
export function openapiDocument(sources: ImageSources, endpoints: readonly Endpoint[]): OpenapiDocument {
  const schemas = { ...namedSchemas(), ...imageSchemas(sources) }
  const paths: Record<string, Record<string, object>> = {}
  const add = (method: string, path: string, operation: object): void => {
    ;(paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {})[method.toLowerCase()] = operation
  }
  for (const endpoint of endpoints) add('post', endpoint.path, imageOperation(endpoint))
  for (const endpoint of endpoints) add('post', checkPath(endpoint), checkOperation(endpoint, schemas))
  for (const route of DESCRIBED_ROUTES) add(route.method, route.path, described(route, schemas))
  return {
    openapi: '3.1.1',
    info: {
      title: 'comet-gateway',
      version: VERSION,
      description: 'An OpenAI-compatible gateway for CometAPI’s image models.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [
      { name: 'images', description: 'What OpenAI’s clients call.' },
      { name: 'gateway', description: 'The gateway’s own answers, for every caller.' },
      { name: 'admin', description: 'For the holder of ADMIN_KEY.' },
      { name: 'operations', description: 'For orchestrators and Prometheus.' },
    ],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A key of this gateway, never a CometAPI key.' },
      },
      responses: {
        Refused: errorResponse('The request is refused: its code says why.', (status) => status < 500),
        Failed: errorResponse('The request failed here or upstream.', (status) => status >= 500),
      },
      schemas,
    },
    'x-error-codes': ERRORS,
  }
}

/** Every failure in OpenAI's shape, with an example of each code. */
function errorResponse(description: string, isOfThese: (status: number) => boolean): object {
  const codes = Object.entries(ERRORS).filter(([, { status }]) => isOfThese(status))
  const examples = codes.map(([code, { status, type, doc }]) => [
    code,
    { summary: `${status}: ${doc}`, value: { error: { message: doc, type, param: null, code } } },
  ])
  return {
    description,
    headers: { 'x-should-retry': { description: 'false: do not send it again.', schema: { const: 'false' } } },
    content: { 'application/json': { schema: referenceTo('Error'), examples: Object.fromEntries(examples) } },
  }
}

function imageOperation(endpoint: Endpoint): object {
  const { operation } = endpoint
  return {
    operationId: operation,
    summary: SUMMARIES[operation],
    tags: ['images'],
    parameters: [POLICY, IDEMPOTENCY],
    requestBody: { required: true, content: requestContent(endpoint) },
    responses: {
      '200': { description: 'As the upstream gave it.', headers: CONVERTED, content: answerContent(endpoint) },
      ...FAILURES,
    },
  }
}

function checkOperation(endpoint: Endpoint, schemas: NamedSchemas): object {
  return {
    operationId: `check.${endpoint.operation}`,
    summary: 'Is this request valid, and what does it cost at most? Buys nothing.',
    tags: ['gateway'],
    parameters: [POLICY],
    requestBody: { required: true, content: requestContent(endpoint) },
    responses: { '200': success(checkAnswer, schemas), ...FAILURES },
  }
}

function described(route: RouteDescription, schemas: NamedSchemas): object {
  const { path, query, body, answer, contentType, status } = route
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = [...inPath, ...(query === undefined ? [] : queryParameters(query))]
  const isEmptyEnough = body?.meta()?.['minProperties'] === undefined && body?.safeParse({}).success
  const isRequired = body !== undefined && isEmptyEnough !== true
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [tagOf(route)],
    ...(route.for === 'anyone' ? { security: [] } : {}),
    ...(route.isOpenOnLoopback === true ? { security: [{ key: [] }, {}] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: isRequired, content: { 'application/json': withExample(schemaOf(body), schemas) } },
        }),
    responses: { [status]: success(answer, schemas, contentType), ...FAILURES },
  }
}

function success(answer: RouteDescription['answer'], schemas: NamedSchemas, contentType = 'application/json'): object {
  const schema = schemaOf(answer)
  const content = contentType === 'application/json' ? withExample(schema, schemas) : { schema }
  return { description: 'Done.', content: { [contentType]: content } }
}

function withExample(schema: JsonSchema, schemas: NamedSchemas): object {
  return { schema, example: exampleOf(schema, schemas) }
}

function tagOf({ path, for: whom }: RouteDescription): string {
  if (whom === 'administrators') return 'admin'
  if (path.startsWith('/v1/')) return 'images'
  return path.startsWith('/gateway/') ? 'gateway' : 'operations'
}

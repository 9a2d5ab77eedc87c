import { ERRORS } from '../../../errors/gateway-error.ts'
import { VERSION } from '../../../version.ts'
import { checkPath } from '../gateway.ts'
import { answerContent, imageSchemas, requestContent } from './images.ts'
import { DESCRIBED_ROUTES, checkAnswer } from './routes.ts'
import { namedSchemas, queryParameters, referenceTo, schemaOf } from './schemas.ts'
import type { Endpoint } from '../../../gateway/requests/endpoint.ts'
import type { Operation } from '../../../models/model.ts'
import type { RouteDescription } from '../described-route.ts'
import type { ImageSources } from './images.ts'

const SUMMARIES = {
  'images.generations': 'Makes images from a prompt.',
  'images.edits': 'Makes images from images and a prompt.',
  'images.variations': 'Makes variations of an image.',
} as const satisfies Record<Operation, string>

const FAILURES = { '4XX': { $ref: '#/components/responses/Error' }, '5XX': { $ref: '#/components/responses/Error' } }
const POLICY = {
  name: 'x-gateway-parameter-policy',
  in: 'header',
  description: 'drop: leave out parameters that the model does not take, rather than refuse the request.',
  schema: { type: 'string', enum: ['strict', 'drop'] },
}
const IDEMPOTENCY = {
  name: 'idempotency-key',
  in: 'header',
  description: 'A second request with the same key and body gets the first one’s images; they are not bought again.',
  schema: { type: 'string' },
}

/** The OpenAPI 3.1 document: everything the gateway serves, from the tables and schemas that it checks by. */
export function openapiDocument(sources: ImageSources, endpoints: readonly Endpoint[]): object {
  const paths: Record<string, Record<string, object>> = {}
  const add = (method: string, path: string, operation: object): void => {
    ;(paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {})[method.toLowerCase()] = operation
  }
  for (const endpoint of endpoints) add('post', endpoint.path, imageOperation(endpoint))
  for (const endpoint of endpoints) add('post', checkPath(endpoint), checkOperation(endpoint))
  for (const route of DESCRIBED_ROUTES) add(route.method, route.path, described(route))
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
        Error: {
          description: 'Every failure, in OpenAI’s shape.',
          headers: { 'x-should-retry': { description: 'false: do not send it again.', schema: { const: 'false' } } },
          content: { 'application/json': { schema: referenceTo('Error') } },
        },
      },
      schemas: { ...namedSchemas(), ...imageSchemas(sources) },
    },
    'x-error-codes': ERRORS,
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
    responses: { '200': { description: 'As the upstream gave it.', content: answerContent(endpoint) }, ...FAILURES },
  }
}

function checkOperation(endpoint: Endpoint): object {
  return {
    operationId: `check.${endpoint.operation}`,
    summary: 'Is this request valid, and what does it cost at most? Buys nothing.',
    tags: ['gateway'],
    parameters: [POLICY],
    requestBody: { required: true, content: requestContent(endpoint) },
    responses: { '200': success(checkAnswer, undefined), ...FAILURES },
  }
}

function described(route: RouteDescription): object {
  const { path, query, body, answer, contentType, status } = route
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = [...inPath, ...(query === undefined ? [] : queryParameters(query))]
  const isRequired = body !== undefined && !body.safeParse({}).success
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [tagOf(route)],
    ...(route.for === 'anyone' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: isRequired, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: { [status]: success(answer, contentType), ...FAILURES },
  }
}

function success(answer: RouteDescription['answer'], contentType = 'application/json'): object {
  return { description: 'Done.', content: { [contentType]: { schema: schemaOf(answer) } } }
}

function tagOf({ path, for: whom }: RouteDescription): string {
  if (whom === 'administrators') return 'admin'
  if (path.startsWith('/v1/')) return 'images'
  return path.startsWith('/gateway/') ? 'gateway' : 'operations'
}

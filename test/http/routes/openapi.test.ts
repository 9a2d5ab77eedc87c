import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '../../../src/errors/gateway-error.ts'
import { teamGateway } from './team-gateway.ts'
import type { Json, TeamGateway } from './team-gateway.ts'

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json; readonly example?: unknown }> }
  readonly responses: Record<string, Json>
}
interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: {
    readonly schemas: Record<string, Json>
    readonly responses: Record<string, { readonly content: Record<'application/json', Media> }>
  }
}

let team: TeamGateway
let document: Document
const ajv = new Ajv2020({ strict: false, validateFormats: false })
beforeAll(async () => {
  team = await teamGateway()
  document = (await team.admin('GET', '/gateway/openapi.json')).body as unknown as Document
  ajv.addSchema({ $id: 'document', ...document })
})
afterAll(() => team.close())

const operations = (): (readonly [path: string, method: string, Operation])[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  )

/** The routes of a server, as Fastify prints them in a tree. */
function printedRoutes(tree: string): string[] {
  const prefixes: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \(([^)]+)\)/.exec(line) ?? []
    if (part === '') return []
    const depth = indent.length / 4
    prefixes.splice(depth, Number.POSITIVE_INFINITY, part)
    const path = prefixes.join('').replaceAll(/:(\w+)/g, '{$1}')
    return methods.split(', ').map((method) => `${method.toLowerCase()} ${path}`)
  })
}

describe('the OpenAPI document', () => {
  it('has every route that is registered, and no other', () => {
    const registered = printedRoutes(team.gateway.app.server.printRoutes({ commonPrefix: false }))
    expect(registered.length).toBeGreaterThan(20)
    expect(
      operations()
        .map(([path, method]) => `${method} ${path}`)
        .toSorted(),
    ).toEqual(registered.filter((route) => !route.startsWith('head ')).toSorted())
  })

  it('is OpenAPI 3.1: unique ids, parameters for what stands in paths, answers, references that lead somewhere', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    const ids = operations().map(([, , { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [path, , { parameters = [], responses }] of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name, required }) => `{${name}}${required}`)).toEqual(
        [...path.matchAll(/\{\w+\}/g)].map(([part]) => `${part}true`),
      )
      expect(Object.keys(responses)).toEqual([expect.stringMatching(/^20[01]$/), '4XX', '5XX'])
    }
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[\w.-]+$/)
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer = '']) => pointer)
    const targets = references.map((pointer) =>
      pointer
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document),
    )
    expect(references.filter((_, index) => targets[index] === undefined)).toEqual([])
    expect(JSON.stringify(document)).not.toContain('$schema')
  })

  it('has schemas that compile', () => {
    for (const name of Object.keys(document.components.schemas))
      expect(ajv.getSchema(`document#/components/schemas/${name}`), name).toBeTypeOf('function')
  })

  it('lists the error codes', () => {
    expect(document).toMatchObject({ 'x-error-codes': ERRORS })
  })

  it('needs no key, and has nothing of the configuration', async () => {
    expect((await team.as(undefined, 'GET', '/gateway/openapi.json')).status).toBe(200)
    expect(JSON.stringify(document)).not.toContain('127.0.0.1')
  })
})

interface Media {
  readonly schema: Json
  readonly example?: unknown
  readonly examples?: Record<string, { readonly value: unknown }>
}

/** Every place of the document that has a body, and its address in it. */
function mediaIn(value: unknown, path: string): (readonly [path: string, Media])[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'schema' in value && !path.includes('/parameters/') ? [[path, value as Media] as const] : []
  const isBelow = path.includes('/schemas/') || path.endsWith('/example') || path.endsWith('/headers')
  if (isBelow) return []
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => mediaIn(inner, `${path}/${key}`))]
}

describe('its examples', () => {
  it('stand at every body of JSON, and are valid', () => {
    const media = mediaIn(document, '').filter(([path]) => path.endsWith('application/json'))
    expect(media.length).toBeGreaterThan(25)
    for (const [path, { schema, example, examples }] of media) {
      const values = examples === undefined ? [example] : Object.values(examples).map(({ value }) => value)
      const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as Json
      for (const value of values) expect(ajv.validate(resolved, value), `${path}: ${ajv.errorsText()}`).toBe(true)
    }
  })

  it('of errors have each code', () => {
    const { responses } = document.components
    const codes = ['Refused', 'Failed'].flatMap((name) =>
      Object.keys(responses[name]?.content['application/json'].examples ?? {}),
    )
    expect(codes.toSorted()).toEqual(Object.keys(ERRORS).toSorted())
  })

  it('of image requests are what the gateway takes', async () => {
    for (const [path, operation] of [
      ['/gateway/check', 'post /v1/images/generations'],
      ['/gateway/check/edits', 'post /v1/images/edits'],
    ] as const) {
      const [method = '', url = ''] = operation.split(' ')
      const example = document.paths[url]?.[method]?.requestBody?.content['application/json']?.example
      expect((await team.admin('POST', path, example as object)).body, path).toMatchObject({ valid: true })
    }
  })
})

describe('its page', () => {
  it('needs no key and no script, and asks no other host for anything', async () => {
    const response = await team.gateway.get('/docs')
    const page = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'sha256-")
    expect(page).not.toMatch(/<script|<img|<link|src=|@import|url\(/)
    expect([...page.matchAll(/href="([^"]+)"/g)].filter(([, href = '']) => !/^[#/]/.test(href))).toEqual([])
  })

  it('has every operation, and every schema to which it links', async () => {
    const page = await (await team.gateway.get('/docs')).text()
    for (const [path, method, { operationId }] of operations()) {
      expect(page).toContain(`${method.toUpperCase()} ${path}`)
      expect(page).toContain(`<article id="${operationId}">`)
    }
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(links.filter((id) => !ids.has(id))).toEqual([])
  })
})

describe('its schema of a generation', () => {
  const prompt = 'a'
  it.each([
    [{ model: 'gpt-image-2', prompt, size: '1024x1024' }, true],
    [{ model: 'gpt-image-2', prompt, style: 'vivid' }, false],
    [{ model: 'gpt-image-2', prompt: '' }, false],
    [{ prompt, n: 1, quality: 'hd' }, true],
    [{ prompt, n: 2 }, false],
    [{ model: null, prompt, n: 2 }, false],
    [{ model: 'gpt-image-2.5-flare', prompt, n: 11 }, false],
    [{ model: 'gpt-image-2.5-of-tomorrow', prompt }, true],
    [{ model: 'gpt-image-2.5-of-tomorrow', prompt, n: 11 }, false],
    [{ model: 'qwen-image-edit', prompt }, false],
    [{ model: 'brand-new', prompt, whatever: 1 }, true],
    [{ model: 'brand-new', prompt, n: 'two' }, false],
  ])('judges %j as the gateway does', async (body, isValid) => {
    const checked = await team.admin('POST', '/gateway/check', body)
    const schema = ajv.getSchema('document#/components/schemas/images.generations')
    expect([checked.body['valid'], schema?.(body)]).toEqual([isValid, isValid])
  })
})

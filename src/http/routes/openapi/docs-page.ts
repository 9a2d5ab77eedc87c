import { createHash } from 'node:crypto'
import type { OpenapiDocument } from './schemas.ts'

/** Plain HTML and one style sheet: the page needs no script, and asks no other host for anything. */
const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem }
pre { overflow: auto; max-height: 24rem; padding: .75rem; border: 1px solid #8886; border-radius: .25rem }
article { border-top: 1px solid #8886; padding: .5rem 0 }
article h3 { margin: .5rem 0 }
table { border-collapse: collapse } th, td { text-align: left; padding: .125rem 1rem .125rem 0; vertical-align: top }
summary { cursor: pointer }
`

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: { readonly description?: string }
}
type Content = Readonly<Record<string, { readonly schema?: object; readonly example?: unknown }>>
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

/** The document as a page, and the Content-Security-Policy that it needs. */
export function docsPage(document: OpenapiDocument): { html: string; policy: string } {
  const { info, tags } = document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  )
  const sections = tags.map(({ name, description }) => {
    const ofTag = operations.filter(({ operation }) => operation.tags.includes(name))
    const articles = ofTag.map(({ path, method, operation }) => article(`${method.toUpperCase()} ${path}`, operation))
    return `<section><h2>${text(name)}</h2><p>${text(description)}</p>${articles.join('')}</section>`
  })
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) =>
    folded(name, json(schema), ` id="schema-${text(name)}"`),
  )
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)} ${text(info.version)}</title><style>${STYLE}</style></head>
<body><h1>${text(info.title)} ${text(info.version)}</h1><p>${text(info.description)}
<a href="/gateway/openapi.json">openapi.json</a></p>
<main>${sections.join('\n')}<section><h2>Schemas</h2>${schemas.join('\n')}</section></main></body></html>
`
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { html, policy }
}

function article(call: string, operation: Operation): string {
  const { operationId, summary, security, parameters = [], requestBody, responses } = operation
  const access = security?.length === 0 ? 'Needs no key.' : ''
  const answers = Object.entries(responses).filter(([status]) => /^\d+$/.test(status))
  return [
    `<article id="${text(operationId)}"><h3><code>${text(call)}</code></h3><p>${text(summary)} ${access}</p>`,
    parameterTable(parameters),
    contents('Request', requestBody?.content),
    ...answers.map(([status, { content }]) => contents(`Answer ${status}`, content)),
    '</article>',
  ].join('')
}

function parameterTable(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(
    ({ name, in: place, required = false, description, schema }) =>
      `<tr><th scope="row"><code>${text(name)}</code></th><td>${text(place)}${required ? ', required' : ''}</td>` +
      `<td>${text(description ?? schema.description ?? '')}</td></tr>`,
  )
  return `<table>${rows.join('')}</table>`
}

function contents(what: string, content: Content = {}): string {
  return Object.entries(content)
    .map(([type, { schema, example }]) => {
      const shown = example === undefined ? '' : `<pre>${text(json(example))}</pre>`
      return `<p>${text(what)}, <code>${text(type)}</code>${reference(schema)}</p>${shown}`
    })
    .join('')
}

function reference(schema: object | undefined): string {
  const { $ref } = (schema ?? {}) as { readonly $ref?: string }
  if ($ref === undefined) return ''
  const name = $ref.split('/').at(-1) ?? ''
  return `: <a href="#schema-${text(name)}">${text(name)}</a>`
}

function folded(title: string, content: string, attributes = ''): string {
  return `<details${attributes}><summary><code>${text(title)}</code></summary><pre>${text(content)}</pre></details>`
}

function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

/** Text as HTML shows it. */
function text(raw: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return raw.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
}

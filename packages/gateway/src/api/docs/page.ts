import { errorCatalogue } from '@castellan/contracts'
import type { Json } from '../openapi/components.ts'
import { type Html, html, inline, json, prose } from './html.ts'

interface Parameter {
  readonly $ref?: string
  readonly name?: string
  readonly in?: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Json
}

interface Content {
  readonly schema?: Json
  readonly example?: unknown
  readonly 'x-codes'?: readonly string[]
  readonly 'x-event-schema'?: Json
}

interface Answer {
  /** Of an answer that many operations have alike. */
  readonly $ref?: string
  readonly content?: Readonly<Record<string, Content>>
}

interface Described {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: Answer
  readonly responses: Readonly<Record<string, Answer>>
}

interface Row {
  readonly method: string
  readonly path: string
  readonly operation: Described
}

/** The API's document as one page without a script. */
export function docsPage(document: Json): string {
  const { info, tags, paths, components } = document as {
    info: { title: string; version: string; description: string }
    tags: { name: string; description?: string }[]
    paths: Record<string, Record<string, Described>>
    components: { schemas: Record<string, Json>; responses: Record<string, Answer> }
  }
  const resolved = (answers: Described['responses']) =>
    Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => {
        const shared = answer.$ref?.slice('#/components/responses/'.length)
        return [status, shared === undefined ? answer : (components.responses[shared] ?? answer)]
      }),
    )
  const rows = Object.entries(paths).flatMap(([path, methods]) => {
    return Object.entries(methods).map(([method, operation]) => {
      return {
        method: method.toUpperCase(),
        path,
        operation: { ...operation, responses: resolved(operation.responses) },
      }
    })
  })
  const byTag = tags.map((tag) => ({ ...tag, rows: rows.filter(({ operation }) => operation.tags.includes(tag.name)) }))
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} API ${info.version}</title>
<link rel="stylesheet" href="/docs/docs.css">
</head>
<body>
<nav aria-label="Contents">
<p><a href="#top">${info.title} API</a> ${info.version}</p>
${byTag.map((tag) => html`<h2><a href="#${tag.name}">${tag.name}</a></h2><ul>${tag.rows.map(contentsLine)}</ul>`)}
<h2><a href="#websocket">chat socket</a></h2>
<h2><a href="#errors">errors</a></h2>
<h2><a href="#schemas">schemas</a></h2>
</nav>
<main id="top">
<h1>${info.title} API</h1>
${prose(info.description)}
<p>The same as a document: <a href="/api/v1/openapi.yaml">openapi.yaml</a>, <a href="/api/v1/openapi.json">openapi.json</a>.</p>
${byTag.map((tag) => html`<section id="${tag.name}"><h2>${tag.name}</h2>${prose(tag.description)}${tag.rows.map(section)}</section>`)}
<section id="websocket"><h2>chat socket</h2>${json(document['x-websocket'])}</section>
<section id="errors"><h2>errors</h2>${errorTable()}</section>
<section id="schemas"><h2>schemas</h2>
${Object.entries(components.schemas).map(([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>${json(schema)}`)}
</section>
</main>
</body>
</html>
`
  return page.text
}

function contentsLine({ operation }: Row): Html {
  return html`<li><a href="#${operation.operationId}">${operation.operationId}</a></li>`
}

function section({ method, path, operation }: Row): Html {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation
  const scope = security[0]?.bearer?.[0]
  const own = parameters.filter(({ $ref }) => $ref === undefined)
  const entries = Object.entries(responses)
  return html`<article id="${operationId}">
<h3><code>${operationId}</code> ${summary}</h3>
<p class="route"><b>${method}</b> <code>${path}</code> <span>${scope === undefined ? 'no credential' : `scope ${scope}`}</span></p>
${prose(description)}
${own.length > 0 && parameterTable(own)}
${requestBody !== undefined && html`<h4>Body</h4>${contents(requestBody)}`}
${entries.filter(([status]) => Number(status) < 400).map(([status, answer]) => html`<h4>Answer ${status}</h4>${contents(answer)}`)}
<h4>Refusals</h4>
<ul class="codes">${entries.filter(([status]) => Number(status) >= 400).map(([status, answer]) => html`<li>${status} ${codesOf(answer).map((code) => html`<code>${code}</code> `)}</li>`)}</ul>
</article>`
}

function parameterTable(parameters: readonly Parameter[]): Html {
  return html`<table><thead><tr><th>parameter</th><th>in</th><th>is</th></tr></thead><tbody>
${parameters.map(({ name, in: place, required, description, schema }) => html`<tr><td><code>${name}</code>${required === true && ' (required)'}</td><td>${place}</td><td>${description !== undefined && inline(description)} <code>${JSON.stringify(schema)}</code></td></tr>`)}
</tbody></table>`
}

function contents({ content = {} }: Answer): Html {
  return html`${Object.entries(content).map(([type, { schema, example, 'x-event-schema': event }]) => {
    const shown = event ?? schema ?? {}
    const named =
      typeof shown.$ref === 'string' && Object.keys(shown).length === 1 ? shown.$ref.split('/').at(-1) : undefined
    return html`<p><code>${type}</code>${event !== undefined && ', each event’s data'}${named !== undefined && html`: <a href="#schema-${named}">${named}</a>`}</p>${named === undefined && type === 'application/json' && json(shown)}${exampleOf(example)}`
  })}`
}

function exampleOf(example: unknown): Html {
  if (example === undefined) return html``
  return html`<p>For example:</p>${typeof example === 'string' ? html`<pre>${example}</pre>` : json(example)}`
}

function codesOf({ content = {} }: Answer): readonly string[] {
  return Object.values(content).flatMap((one) => one['x-codes'] ?? [])
}

function errorTable(): Html {
  const codes = Object.entries(errorCatalogue)
  return html`<table><thead><tr><th>code</th><th>status</th></tr></thead><tbody>
${codes.map(([code, status]) => html`<tr><td><code>${code}</code></td><td>${status}</td></tr>`)}
</tbody></table>`
}

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { buildDocument } from '../../src/api/openapi/document.ts'

interface Described {
  readonly operationId: string
  readonly parameters: readonly { $ref?: string; name: string; in: string; example?: unknown; schema?: unknown }[]
  readonly requestBody?: { content: Record<string, { example?: unknown }> }
  readonly responses: Record<string, Answer>
}

interface Answer {
  readonly $ref?: string
  readonly content?: Record<string, { schema: { $ref?: string } }>
}

/** An operation as the document describes it, ready to be asked and judged. */
export interface DocumentedOperation extends Described {
  readonly method: string
  readonly path: string
}

/** The document as a judge of answers. */
export class DocumentJudge {
  readonly operations: readonly DocumentedOperation[]
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #responses: Record<string, Answer>
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor() {
    const document = buildDocument() as {
      paths: Record<string, Record<string, Described>>
      components: { responses: Record<string, Answer> }
    }
    addFormats.default(this.#ajv)
    this.#ajv.addFormat('base64', true)
    this.#ajv.addSchema({ $id: 'document', components: document.components })
    this.#responses = document.components.responses
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) => {
      return Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        method: method.toUpperCase(),
        path,
      }))
    })
  }

  /** Why the answer is not one that the document has for the operation; undefined where it is. */
  complaint({ responses }: Described, status: number, type: string, body: unknown): string | undefined {
    const answer = responses[String(status)]
    if (answer === undefined) return `the status ${status} is not documented: ${JSON.stringify(body)}`
    const { content } = this.#resolved(answer)
    if (content === undefined) return body === undefined ? undefined : 'there should be no body'
    const [media = ''] = type.split(';')
    const kind = content[media]
    if (kind === undefined) return `${media} is not documented for ${status}`
    return media === 'application/json' ? this.#mismatch(kind.schema, body) : undefined
  }

  /** Why this is no refusal as the gateway words them. */
  refusalComplaint(schema: 'ErrorEnvelope' | 'OpenAiError', body: unknown): string | undefined {
    return this.#mismatch({ $ref: `#/components/schemas/${schema}` }, body)
  }

  #resolved(answer: Answer): Answer {
    if (answer.$ref === undefined) return answer
    return this.#responses[answer.$ref.slice('#/components/responses/'.length)] ?? {}
  }

  #mismatch({ $ref = '' }: { $ref?: string }, body: unknown): string | undefined {
    const check = this.#compiled.get($ref) ?? this.#ajv.compile({ $ref: `document${$ref}` })
    this.#compiled.set($ref, check)
    return check(body) ? undefined : `${$ref}: ${this.#ajv.errorsText(check.errors)}`
  }
}

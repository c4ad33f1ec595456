import type { Operation } from '@castellan/contracts/api'
import { z } from 'zod'
import type { Components, Json } from './components.ts'
import { refusalAnswers } from './refusals.ts'

/** One operation as OpenAPI describes it. */
export function describeOperation(operation: Operation, components: Components): Json {
  const { id, tag, summary, description, scope, creates } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    // OpenAPI 3.1 has the roles that a credential needs beside the name of its scheme.
    security: scope === 'public' ? [] : [{ bearer: [scope] }, { page: [scope] }],
    parameters: [
      ...fieldsOf(operation.params, 'path', operation.example.params),
      ...fieldsOf(operation.query, 'query', operation.example.query),
      ...(creates === true ? [{ $ref: '#/components/parameters/Idempotency-Key' }] : []),
      { $ref: '#/components/parameters/X-Request-Id' },
    ],
    ...bodyOf(operation, components),
    responses: { [String(operation.status)]: answerOf(operation, components), ...refusalAnswers(operation) },
  }
}

function fieldsOf(schema: z.ZodObject | undefined, place: 'path' | 'query', examples: unknown): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([name, field]) => {
    const { description, ...rest } = field as Json & { description?: string }
    const example = (examples as Json | undefined)?.[name]
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
      ...(example === undefined ? {} : { example }),
    }
  })
}

function bodyOf({ body, example, maxBodyBytes }: Operation, components: Components): Json {
  if (body === undefined) return {}
  const content = { schema: components.ref(body, 'input'), example: example.body }
  const limit = maxBodyBytes === undefined ? {} : { description: `At most ${maxBodyBytes} bytes.` }
  return {
    requestBody: { ...limit, required: !body.safeParse(undefined).success, content: { 'application/json': content } },
  }
}

function answerOf({ status, answer, content, event, example }: Operation, components: Components): Json {
  const kinds: Record<string, unknown> = {}
  if (answer !== undefined) {
    kinds['application/json'] = { schema: components.ref(answer, 'output'), example: example.answer }
  }
  const text = content === undefined || example.answer === undefined ? {} : { example: example.answer }
  if (content !== undefined && content !== 'text/event-stream') kinds[content] = { schema: { type: 'string' }, ...text }
  if (content === 'text/event-stream' || event !== undefined) {
    kinds['text/event-stream'] = {
      schema: { type: 'string' },
      ...text,
      // OpenAPI 3.2 has a field for this; until tools read that, it stands beside the document's own words.
      ...(event === undefined ? {} : { 'x-event-schema': components.ref(event, 'output') }),
    }
  }
  return {
    description: status === 204 ? 'Done; there is nothing to say.' : status === 201 ? 'Created.' : 'The answer.',
    headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
    ...(Object.keys(kinds).length === 0 ? {} : { content: kinds }),
  }
}

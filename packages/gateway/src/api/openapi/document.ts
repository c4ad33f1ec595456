import { errorCatalogue } from '@castellan/contracts'
import { operations } from '@castellan/contracts/api'
import { version } from '@castellan/daemon'
import { buildComponents, type Json } from './components.ts'
import { describeOperation } from './operation.ts'
import { sharedRefusals } from './refusals.ts'
import { describeWebSocket } from './websocket.ts'

/** What each resource is, in the order of the document. */
const TAGS: Readonly<Record<string, string>> = {
  health: 'Whether the parts of the system are up.',
  agents: 'Who speaks in a chat: engine, credential, prompt.',
  engines: 'What thinks: the local model, or another.',
  credentials: 'Keys of model providers. Values go in and never come out.',
  'credential-store': 'Where they are kept: locking, keys, recovery, export.',
  chats: 'Conversations, kept encrypted.',
  messages: 'What was said in them.',
  memory: 'What agents remember.',
  insights: 'What was sent to which model, and what came back.',
  tools: 'What an agent can do on the machine.',
  calls: 'Doing it: each call is decided by policy, asks a person where it has to, and is on record before it runs.',
  approvals: 'Questions to a person.',
  undo: 'Taking acts back.',
  ledger: 'The record of every act, with proofs.',
  generations: 'NixOS generations.',
  switches: 'Switches between systems, each with its way back.',
  incidents: 'What went wrong and the operator should know of.',
  models: 'The model that runs, and those on the disk.',
  operators: 'The keys whose signature approves calls.',
  tokens: 'Tokens for programs, and what each may do.',
  'sign-ins': 'Browsers that are signed in, and the passphrase to sign in with.',
  openai: 'The server’s model for editors and scripts that speak OpenAI’s protocol.',
  discovery: 'For other agents, and about this API.',
}

/** The whole API as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), made from the schemas it is served by. */
export function buildDocument(): Json {
  const components = buildComponents()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describeOperation(operation, components),
    }
  }
  const used = new Set(operations.map(({ tag }) => tag))
  const order = [...Object.keys(TAGS), ...used].filter((tag, place, all) => used.has(tag) && all.indexOf(tag) === place)
  return {
    openapi: '3.1.1',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Castellan',
      version,
      summary: 'A server that an agent operates, and its owner decides over.',
      description: ABOUT,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:18789', description: 'The gateway on the machine itself' }],
    tags: order.map((name) => ({ name, ...(TAGS[name] === undefined ? {} : { description: TAGS[name] }) })),
    paths,
    'x-websocket': describeWebSocket(),
    components: {
      schemas: { ...withCodes(components.schemas), ErrorCode: ERROR_CODE, OpenAiError: OPENAI_ERROR },
      responses: sharedRefusals(operations),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'cst_ and 43 base64url characters',
          description: 'The owner’s token, or a token made for a program. Never in an address.',
        },
        page: {
          type: 'apiKey',
          in: 'cookie',
          name: 'castellan_session_18789',
          description:
            'A signed-in page; the cookie is named after the port. Whatever changes something needs `Origin`.',
        },
      },
      parameters: {
        'Idempotency-Key': {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'The same key with the same body is answered as the first time, for 24 hours; with another body it is refused.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
          example: '2f0c4a4e-6f53-4a3c-8a43-6e7a2a1c9d10',
        },
        'X-Request-Id': {
          name: 'X-Request-Id',
          in: 'header',
          description: 'Names the request in answers and in the log. Anything else than this form is replaced.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
        },
      },
      headers: {
        'X-Request-Id': {
          description: 'What the log knows this request by.',
          schema: { type: 'string' },
          required: true,
        },
        'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer', minimum: 0 } },
      },
    },
  }
}

const ABOUT = `Every refusal is an \`ErrorEnvelope\`: a stable \`code\`, a sentence that says what to do, and the request id.
Every answer has \`X-Request-Id\`. Listings come in pages: pass \`next_cursor\` as \`cursor\` until it is null. A \`POST\` that
creates takes an \`Idempotency-Key\`. Bodies are JSON of at most 64 KiB, or what an operation says; what is not described is refused. Scopes, weakest
first, each with those before it: \`read\`, \`chat\`, \`operate\`, \`admin\`. The chat socket is described under \`x-websocket\`.`

const ERROR_CODE: Json = {
  type: 'string',
  enum: Object.keys(errorCatalogue),
  description: 'Stable; the set grows.',
}

/** The shape that OpenAI's clients read errors in. */
const OPENAI_ERROR: Json = {
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      additionalProperties: false,
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { anyOf: [{ $ref: '#/components/schemas/ErrorCode' }, { type: 'null' }] },
      },
    },
  },
}

/** An envelope's code is one of the catalogue; its schema in code does not say so, for older readers. */
function withCodes(schemas: Json): Json {
  const envelope = schemas.ErrorEnvelope as { properties: Json }
  const properties = { ...envelope.properties, code: { $ref: '#/components/schemas/ErrorCode' } }
  return { ...schemas, ErrorEnvelope: { ...envelope, properties } }
}

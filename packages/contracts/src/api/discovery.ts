import { z } from 'zod'
import { defineOperation } from './operation.ts'

/** One of the interfaces an agent can be reached by (A2A 1.0, section 4.4.6). */
export const AgentInterface = z.strictObject({
  url: z.url(),
  /** A URI where it is none of the protocol's own. */
  protocolBinding: z.string(),
  protocolVersion: z.string(),
})

/** What an agent is good at (A2A 1.0, section 4.4.5). */
export const AgentSkill = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  examples: z.array(z.string()),
})

/** The agent card of A2A 1.0 (a2a-protocol.org, section 4.4.1). */
export const AgentCard = z.strictObject({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  supportedInterfaces: z.array(AgentInterface).min(1),
  capabilities: z.strictObject({
    streaming: z.boolean(),
    pushNotifications: z.boolean(),
    extendedAgentCard: z.boolean(),
  }),
  securitySchemes: z.record(
    z.string(),
    z.strictObject({ httpAuthSecurityScheme: z.strictObject({ scheme: z.string(), description: z.string() }) }),
  ),
  securityRequirements: z.array(
    z.strictObject({ schemes: z.record(z.string(), z.strictObject({ list: z.array(z.string()) })) }),
  ),
  defaultInputModes: z.array(z.string()),
  defaultOutputModes: z.array(z.string()),
  skills: z.array(AgentSkill),
})
export type AgentCard = z.infer<typeof AgentCard>

export const getAgentCard = defineOperation({
  id: 'getAgentCard',
  method: 'GET',
  path: '/.well-known/agent-card.json',
  tag: 'discovery',
  summary: 'Who can be talked to here, for other agents',
  description:
    'An agent card as A2A 1.0 has it. It is the same on every machine but for the address that was asked, and says nothing ' +
    'about the machine. Castellan is reached over its own protocol, which the card names by a URI: A2A’s own bindings are not served.',
  scope: 'public',
  status: 200,
  answer: AgentCard,
  errors: [],
  example: {
    answer: {
      name: 'Castellan',
      description: 'Operates this server for its owner, who decides over what it does.',
      version: '0.1.0',
      supportedInterfaces: [
        { url: 'https://castellan.example.org/api/v1', protocolBinding: 'urn:castellan:v1', protocolVersion: '1.0' },
      ],
      capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
      securitySchemes: {
        bearer: { httpAuthSecurityScheme: { scheme: 'bearer', description: 'A token of the owner’s.' } },
      },
      securityRequirements: [{ schemes: { bearer: { list: [] } } }],
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [
        {
          id: 'operate',
          name: 'Operate the server',
          description: 'Looks after services, files, disks and NixOS generations.',
          tags: ['server', 'operations'],
          examples: ['How full are my disks?'],
        },
      ],
    },
  },
})

/** The document itself; what is in it is the OpenAPI Specification's to say. */
export const OpenApiDocument = z.looseObject({ openapi: z.string() })

export const getOpenApiJson = defineOperation({
  id: 'getOpenApiJson',
  method: 'GET',
  path: '/api/v1/openapi.json',
  tag: 'discovery',
  summary: 'This document, as JSON',
  description: 'The same on every machine of this version, so it asks for no credential. `/docs` shows it as a page.',
  scope: 'public',
  status: 200,
  answer: OpenApiDocument,
  errors: [],
  example: { answer: { openapi: '3.1.1', info: { title: 'Castellan', version: '0.1.0' }, paths: {} } },
})

export const getOpenApiYaml = defineOperation({
  id: 'getOpenApiYaml',
  method: 'GET',
  path: '/api/v1/openapi.yaml',
  tag: 'discovery',
  summary: 'This document, as YAML',
  scope: 'public',
  status: 200,
  content: 'application/yaml',
  errors: [],
  example: {},
})

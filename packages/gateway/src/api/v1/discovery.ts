import { Readable } from 'node:stream'
import { type AgentCard, getAgentCard, getOpenApiJson, getOpenApiYaml } from '@castellan/contracts/api'
import { version } from '@castellan/daemon'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { asDocument } from '../../plugins/security-headers.ts'
import type { Json } from '../openapi/components.ts'
import { serve } from '../serve.ts'

/** Who is here and what can be asked: the agent card, the API's document, and the document as a page. All public. */
export function addDiscovery(app: FastifyInstance, publicOrigins: readonly string[]): void {
  serve(app, getAgentCard, ({ request }) => agentCard(originOf(request, publicOrigins)))

  // Making the document takes a moment and some memory that most gateways never need, so the first who asks has it made.
  let made: Promise<Json> | undefined
  const document = () => {
    made ??= import('../openapi/document.ts').then(({ buildDocument }) => buildDocument())
    return made
  }
  serve(app, getOpenApiJson, async () => (await document()) as { openapi: string })
  serve(app, getOpenApiYaml, async () => {
    const { stringify } = await import('yaml')
    return Readable.from([stringify(await document(), { lineWidth: 0, aliasDuplicateObjects: false })])
  })

  const options = { config: { public: true }, onRequest: asDocument }
  app.get('/docs', options, async (_request, reply) => {
    const { docsPage } = await import('../docs/page.ts')
    return reply.type('text/html; charset=utf-8').send(docsPage(await document()))
  })
  app.get('/docs/docs.css', options, async (_request, reply) => {
    const { DOCS_STYLE } = await import('../docs/style.ts')
    return reply.type('text/css; charset=utf-8').send(DOCS_STYLE)
  })
}

/** Where the client reached this gateway; the origin guard has let no other name through. */
function originOf(request: FastifyRequest, publicOrigins: readonly string[]): string {
  const host = request.headers.host?.toLowerCase() ?? ''
  return publicOrigins.find((origin) => new URL(origin).host === host) ?? `http://${host}`
}

/** Names no protocol of A2A's, because none is served: whoever reads it knows where not to go. */
function agentCard(origin: string): AgentCard {
  return {
    name: 'Castellan',
    description: 'Operates this server for its owner, who decides over what it does. Every act is on record.',
    version,
    supportedInterfaces: [{ url: `${origin}/api/v1`, protocolBinding: 'urn:castellan:v1', protocolVersion: '1.0' }],
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    securitySchemes: {
      bearer: { httpAuthSecurityScheme: { scheme: 'bearer', description: 'A token that the owner made for you.' } },
    },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'operate',
        name: 'Operate the server',
        description: 'Looks after services, files, disks, networks and NixOS generations, within the owner’s policy.',
        tags: ['server', 'operations', 'nixos'],
        examples: ['How full are my disks?', 'Why did nginx restart last night?'],
      },
    ],
  }
}

import type { Log } from '@castellan/daemon'
import type { Provider } from '@castellan/mcp-bridge'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { PATIENCE, type Patience } from './chat/ask.ts'
import { type ChatTiming, TIMING } from './chat/socket.ts'
import { addJudging } from './compose/judging.ts'
import { openParts } from './compose/parts.ts'
import { addRoutes } from './compose/routes.ts'
import type { GatewayConfig } from './config.ts'
import type { Monotonic } from './plugins/allowance.ts'
import { MAX_BODY_BYTES } from './plugins/body-cap.ts'
import { addClosing } from './plugins/closing.ts'
import { answerClientError, answerFrameworkError } from './plugins/errors.ts'
import { LazyLog } from './plugins/lazy-log.ts'
import { NO_SCHEMAS } from './plugins/no-schemas.ts'
import { addProxySocket, HTTP } from './plugins/proxy-socket.ts'
import { requestIds } from './plugins/request-id.ts'

/** What tests set otherwise than the gateway at work has it. */
export interface ServerOptions {
  readonly chatTiming?: ChatTiming
  readonly patience?: Patience
  readonly mcpProviders?: readonly Provider[]
  /** Holds every answer of the v1 API to its schema. */
  readonly checksAnswers?: boolean
  /** What requests and attempts to sign in are counted by. */
  readonly monotonic?: Monotonic
}

declare module 'fastify' {
  interface FastifyInstance {
    checksAnswers: boolean
    /** Reads the owner's token again, which somebody may have replaced by hand. */
    reloadOwnerToken: () => Promise<void>
    /** Reads agents.json again; what does not fit is said where it is looked for, and changes nothing. */
    reloadAgents: () => Promise<void>
  }
}

/** Builds the gateway's parts and hands them to each other. Throws `config_invalid` when the owner's token cannot be read. */
export async function buildServer(
  config: GatewayConfig,
  log: Log,
  {
    chatTiming = TIMING,
    patience = PATIENCE,
    mcpProviders = [],
    checksAnswers = false,
    monotonic = () => performance.now(),
  }: ServerOptions = {},
): Promise<FastifyInstance> {
  const parts = await openParts(config, monotonic, log)
  const { access, agentd, agents, audience, chats, conversations, freezeWatch, models, telemetry, waiting } = parts
  const app = fastify({
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: HTTP.requestTimeout,
    forceCloseConnections: 'idle',
    http: HTTP,
    schemaController: NO_SCHEMAS,
    genReqId: requestIds(),
    // Without a logger of its own the framework does not watch answers to their end.
    childLoggerFactory: (_none, bindings) => new LazyLog(log, bindings) as unknown as FastifyBaseLogger,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  })
  app.removeContentTypeParser('text/plain')
  app.decorate('checksAnswers', checksAnswers)
  app.decorate('reloadOwnerToken', () => access.ownerToken.reload())
  app.decorate('reloadAgents', () => agents.reload(null, new AbortController().signal).catch(() => undefined))
  addProxySocket(app)
  addClosing(app)

  const gauges = { sockets: () => audience.connections.length, turns: () => chats.running.length }
  await telemetry.addTo(app, agentd, gauges)
  addJudging(app, config, parts, monotonic, log)
  await addRoutes(app, config, parts, { chatTiming, patience, mcpProviders }, log)

  void waiting.withdrawLeft(agentd)
  freezeWatch.start()
  parts.containment.start()
  // Opening the databases takes a moment, which nobody has to wait for.
  app.addHook('onListen', async () => void conversations.begin().catch(() => undefined))
  app.addHook('onListen', async () => void models.settle())
  app.addHook('onClose', () => parts.close())
  return app
}

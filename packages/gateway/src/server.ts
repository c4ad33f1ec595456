import { dirname, join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Provider } from '@castellan/mcp-bridge'
import fastifyCookie from '@fastify/cookie'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { Agentd } from './agentd.ts'
import { mainAgent } from './agents/main.ts'
import { refuseUndescribed } from './api/serve.ts'
import { addSignInRoutes } from './api/sign-in.ts'
import { addTranscriptRoute } from './api/transcript.ts'
import { addDiscovery } from './api/v1/discovery.ts'
import { addHealth } from './api/v1/health.ts'
import { addTokens } from './api/v1/tokens.ts'
import { PATIENCE, type Patience } from './chat/ask.ts'
import { Audience } from './chat/audience.ts'
import { ChatSessions } from './chat/sessions.ts'
import { addChatSocket, type ChatTiming, TIMING } from './chat/socket.ts'
import { Waiting } from './chat/waiting.ts'
import type { GatewayConfig } from './config.ts'
import { FreezeWatch } from './emergency/freeze-watch.ts'
import { tellChats } from './emergency/tell.ts'
import { LlamaEngine } from './engines/llama.ts'
import { GatewayKeys } from './keys/gateway-keys.ts'
import { keyPlaces } from './keys/places.ts'
import { addMcp } from './mcp/mount.ts'
import { addAuth } from './plugins/auth.ts'
import { addBodyCap, MAX_BODY_BYTES } from './plugins/body-cap.ts'
import { addErrorEnvelopes, answerClientError, answerFrameworkError } from './plugins/errors.ts'
import { addOriginGuard } from './plugins/origin-guard.ts'
import { addPage } from './plugins/page.ts'
import { addRequestId, logRequests, requestIdOf } from './plugins/request-id.ts'
import { addSecurityHeaders } from './plugins/security-headers.ts'
import { isWebSocketHandshake, routeUpgrades } from './plugins/upgrades.ts'
import { Records } from './records.ts'
import { SignInAttempts } from './sign-in/attempts.ts'
import { PageSessions } from './sign-in/sessions.ts'
import { OwnerToken } from './tokens/owner-token.ts'
import { Tokens } from './tokens/tokens.ts'

const HEADER_BYTES = 16 * 1024
const HEADERS_MS = 10_000
const REQUEST_MS = 30_000

/** What tests set otherwise than the gateway at work has it. */
export interface ServerOptions {
  readonly chatTiming?: ChatTiming
  readonly patience?: Patience
  readonly mcpProviders?: readonly Provider[]
  /** Holds every answer of the v1 API to its schema. */
  readonly checksAnswers?: boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    checksAnswers: boolean
  }
}

/** Builds the gateway's parts and hands them to each other. Throws `config_invalid` when the owner's token cannot be read. */
export async function buildServer(
  config: GatewayConfig,
  log: Log,
  { chatTiming = TIMING, patience = PATIENCE, mcpProviders = [], checksAnswers = false }: ServerOptions = {},
): Promise<FastifyInstance> {
  const ownerToken = await OwnerToken.read(config.tokenFile)
  const own = join(config.stateDir, 'gateway')
  const records = new Records(config.recordSocket ?? join(dirname(config.agentSocket), 'record.sock'))
  const pageSessions = await PageSessions.load({ file: join(own, 'sessions.json'), log })
  const keys = await GatewayKeys.open(keyPlaces(config))
  const tokenKey = keys.derive('castellan tokens v1')
  const tokens = await Tokens.open({ file: join(own, 'tokens.json'), key: tokenKey, records, log })
  const agentd = new Agentd(config.agentSocket)
  const engine = new LlamaEngine(config.engineSocket)
  const audience = new Audience()
  const chats = new ChatSessions(audience)
  const freezeWatch = new FreezeWatch(agentd, log)
  tellChats(freezeWatch, { chats, audience })

  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_MS, shouldUpgradeCallback: isWebSocketHandshake },
    genReqId: requestIdOf,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  })
  app.removeContentTypeParser('text/plain')
  app.decorate('checksAnswers', checksAnswers)

  // The order in which a request is judged.
  addRequestId(app)
  logRequests(app)
  addErrorEnvelopes(app)
  addSecurityHeaders(app)
  addBodyCap(app)
  addOriginGuard(app, config)
  await app.register(fastifyCookie)
  addAuth(app, { ownerToken, tokens, pageSessions })

  refuseUndescribed(app)
  addHealth(app, { agentd, engine, startedAt: new Date() })
  addDiscovery(app, config.publicOrigins)
  addSignInRoutes(app, {
    agentd,
    pageSessions,
    attempts: new SignInAttempts(),
  })
  addTokens(app, { tokens, ownerToken, records })
  addTranscriptRoute(app, chats)
  const waiting = await Waiting.open(join(config.stateDir, 'gateway', 'waiting'), log)
  void waiting.withdrawLeft(agentd)
  const parts = { agentd, engine, agent: mainAgent, patience, waiting, log, chats, audience, freezeWatch }
  addChatSocket(app, routeUpgrades(app), parts, chatTiming)
  await addMcp(app, { agentSocket: config.agentSocket, stateDir: config.stateDir, log, providers: mcpProviders })
  addPage(app, config.pageDir)

  freezeWatch.start()
  app.addHook('onClose', async () => {
    freezeWatch.close()
    agentd.close()
    engine.close()
  })
  return app
}

/** Listens where the configuration says and returns the address. Throws `port_in_use` with what to do about it. */
export async function listen(app: FastifyInstance, { host, port }: GatewayConfig): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new CastellanError(
      'port_in_use',
      `Port ${port} on ${host} is taken by another program; stop it, or choose another with --port.`,
      {
        cause,
      },
    )
  }
}

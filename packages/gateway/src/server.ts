import { dirname, join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { Provider } from '@castellan/mcp-bridge'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { Agentd } from './agentd.ts'
import type { Agent } from './agents/agent.ts'
import { Agents } from './agents/agents.ts'
import { tellAgents } from './agents/tell.ts'
import { addOpenAi } from './api/openai/routes.ts'
import { refuseUndescribed } from './api/serve.ts'
import { addSignInRoutes } from './api/sign-in.ts'
import { addAgents } from './api/v1/agents.ts'
import { addApprovals } from './api/v1/approvals.ts'
import { addCalls, addUndo } from './api/v1/calls.ts'
import { addChats } from './api/v1/chats.ts'
import { addCredentialStore } from './api/v1/credential-store.ts'
import { addCredentials } from './api/v1/credentials.ts'
import { addDiscovery } from './api/v1/discovery.ts'
import { addEngines } from './api/v1/engines.ts'
import { addHealth } from './api/v1/health.ts'
import { addInsights } from './api/v1/insights.ts'
import { addLedger } from './api/v1/ledger.ts'
import { addMachine } from './api/v1/machine.ts'
import { addMemory } from './api/v1/memory.ts'
import { addMessages } from './api/v1/messages.ts'
import { addSignIns } from './api/v1/sign-ins.ts'
import { addTokens } from './api/v1/tokens.ts'
import { addTools } from './api/v1/tools.ts'
import { Calls } from './calls/calls.ts'
import { CallSessions } from './calls/sessions.ts'
import { PATIENCE, type Patience } from './chat/ask.ts'
import { Audience } from './chat/audience.ts'
import type { Chat } from './chat/chat.ts'
import { ChatSessions } from './chat/sessions.ts'
import { addChatSocket, type ChatTiming, TIMING } from './chat/socket.ts'
import { Waiting } from './chat/waiting.ts'
import type { GatewayConfig } from './config.ts'
import { Conversations } from './conversations/conversations.ts'
import { openCredentials } from './credentials/open.ts'
import { FreezeWatch } from './emergency/freeze-watch.ts'
import { tellChats } from './emergency/tell.ts'
import { Walls } from './engines/cli/walls.ts'
import { Engines } from './engines/engines.ts'
import type { Exchange } from './engines/exchange.ts'
import { recordsFailovers } from './engines/failovers.ts'
import { LlamaEngine } from './engines/llama.ts'
import { Repetitions } from './idempotency/repetitions.ts'
import { Insights } from './insights/insights.ts'
import { tellsExchanges } from './insights/local.ts'
import { GatewayKeys } from './keys/gateway-keys.ts'
import { keyPlaces } from './keys/places.ts'
import { addMcp } from './mcp/mount.ts'
import { Outbound } from './outbound/outbound.ts'
import type { Monotonic } from './plugins/allowance.ts'
import { addAuth } from './plugins/auth.ts'
import { addBodyCap, MAX_BODY_BYTES } from './plugins/body-cap.ts'
import { addClientAddress } from './plugins/client-address.ts'
import { addClosing } from './plugins/closing.ts'
import { addErrorEnvelopes, answerClientError, answerFrameworkError } from './plugins/errors.ts'
import { addHeaderGuard } from './plugins/header-guard.ts'
import { addIdempotency } from './plugins/idempotency.ts'
import { LazyLog } from './plugins/lazy-log.ts'
import { addOriginGuard } from './plugins/origin-guard.ts'
import { addPage } from './plugins/page.ts'
import { addProxySocket, HTTP } from './plugins/proxy-socket.ts'
import { addAddressLimit, addTokenLimit, Guesses } from './plugins/rate-limit.ts'
import { addRequestId, logRequests, requestIds } from './plugins/request-id.ts'
import { addSecurityHeaders } from './plugins/security-headers.ts'
import { routeUpgrades } from './plugins/upgrades.ts'
import { Records } from './records.ts'
import { Challenges } from './sign-in/challenges.ts'
import { Devices } from './sign-in/devices.ts'
import { Lockout } from './sign-in/lockout.ts'
import { Passphrase } from './sign-in/passphrase.ts'
import { PageSessions } from './sign-in/sessions.ts'
import { WaysIn } from './sign-in/ways-in.ts'
import { openStore } from './store/open.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { OwnerToken } from './tokens/owner-token.ts'
import { Tokens } from './tokens/tokens.ts'

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
  const ownerToken = await OwnerToken.read(config.tokenFile)
  const own = join(config.stateDir, 'gateway')
  const records = new Records(config.recordSocket ?? join(dirname(config.agentSocket), 'record.sock'))
  const pageSessions = await PageSessions.load({ file: join(own, 'sessions.json'), log })
  const keys = await GatewayKeys.open(keyPlaces(config))
  const tokenKey = keys.derive('castellan tokens v1')
  const tokens = await Tokens.open({ file: join(own, 'tokens.json'), key: tokenKey, records, log })
  const telemetry = new Telemetry(config, log)
  const agentd = new Agentd(config.agentSocket, telemetry.tracing)
  const engine = new LlamaEngine(config.engineSocket)
  const audience = new Audience()
  const freezeWatch = new FreezeWatch(agentd, log)
  const outbound = new Outbound(config.airlockSocket ?? join(dirname(config.agentSocket), 'airlock.sock'))
  const credentials = await openCredentials(config, { keys, records, outbound, freezeWatch, log })
  const engines = new Engines({
    llama: engine,
    outbound,
    credentials: credentials.selection,
    listCredentials: () => credentials.credentials.list(),
    walls: new Walls([config.stateDir]),
    log,
  })
  const agents = await Agents.open({
    ...{ path: config.agentsFile ?? join(own, 'agents.json'), promptFolders: config.promptFolders, records, log },
    testEngine: (choice, signal) => engines.test(choice, signal),
  })
  const { enabled, local, maxDays, maxMegabytes } = config.insights
  const store = openStore(own, keys, { maxDays, maxBytes: maxMegabytes * 1024 * 1024 }, log)
  const conversations = new Conversations(store, log)
  const insights = new Insights(store, { enabled }, log)
  const chats = new ChatSessions({ listeners: audience, conversations, agents })
  tellChats(freezeWatch, { chats, audience })
  tellAgents(agents, audience)
  const engineOf = ({ engine }: Agent) => {
    const created = engines.create(engine)
    return local && created.host === null ? tellsExchanges(created) : created
  }

  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: HTTP.requestTimeout,
    forceCloseConnections: 'idle',
    http: HTTP,
    genReqId: requestIds(),
    childLoggerFactory: (parent, bindings) => new LazyLog(parent, bindings) as unknown as FastifyBaseLogger,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  })
  app.removeContentTypeParser('text/plain')
  app.decorate('checksAnswers', checksAnswers)
  app.decorate('reloadOwnerToken', () => ownerToken.reload())
  app.decorate('reloadAgents', () => agents.reload(null, new AbortController().signal).catch(() => undefined))
  addProxySocket(app)
  addClosing(app)

  const gauges = { sockets: () => audience.connections.length, turns: () => chats.running.length }
  await telemetry.addTo(app, agentd, gauges)

  // The order in which a request is judged.
  addClientAddress(app, config)
  addRequestId(app)
  logRequests(app)
  addErrorEnvelopes(app)
  addSecurityHeaders(app)
  addHeaderGuard(app)
  addBodyCap(app)
  addOriginGuard(app, config)
  addAddressLimit(app, config.limits, monotonic)
  addAuth(app, { ownerToken, tokens, pageSessions, guesses: new Guesses(config.limits, monotonic) })
  addTokenLimit(app, config.limits, monotonic)
  const repetitionKey = keys.derive('castellan idempotency v1')
  addIdempotency(app, new Repetitions({ folder: join(own, 'idempotency'), key: repetitionKey, log }))

  refuseUndescribed(app)
  addHealth(app, { agentd, engine, startedAt: new Date() })
  addDiscovery(app, config.publicOrigins)
  const challenges = new Challenges(monotonic)
  const devices = new Devices(keys.derive('castellan devices v1'))
  const passphrase = await Passphrase.open(join(own, 'passphrase.json'), keys.derive('castellan passphrase v1'))
  const waysIn = new WaysIn({ agentd, challenges, passphrase, lockout: new Lockout(monotonic), records, log })
  addSignInRoutes(app, { pageSessions, waysIn, challenges, devices, passphrase, records })
  addSignIns(app, { pageSessions, passphrase, records })
  addTokens(app, { tokens, ownerToken, records })
  addEngines(app, engines)
  addCredentials(app, credentials.credentials)
  addCredentialStore(app, credentials)
  addAgents(app, agents)
  addInsights(app, insights)
  const waiting = await Waiting.open(join(config.stateDir, 'gateway', 'waiting'), log)
  void waiting.withdrawLeft(agentd)
  const parts = {
    tracing: telemetry.tracing,
    ...{ agentd, engineOf, patience, waiting, log, chats, audience, freezeWatch, agents },
    onExchange: (exchange: Exchange, chat: Chat) => insights.record(exchange, chat),
    onFailover: recordsFailovers(records, log),
  }
  const sessions = new CallSessions(agentd, log)
  const reading = { agentd, sessions, agents }
  const calls = new Calls({ agentd, sessions, waiting, log })
  addTools(app, agentd)
  addCalls(app, calls, agents)
  addUndo(app, calls, reading)
  addApprovals(app, { agentd, chats, audience })
  addLedger(app, agentd)
  addMemory(app, reading)
  addMessages(app, { ...parts, conversations })
  addMachine(app, { ...reading, engine })
  addOpenAi(app, engine)
  addChatSocket(app, routeUpgrades(app), parts, chatTiming)
  // Streams of events end after the turns that a stop ends.
  addChats(app, { chats, conversations, agents, insights })
  await addMcp(app, {
    ...{ agentSocket: config.agentSocket, stateDir: config.stateDir, log, providers: mcpProviders },
    traceparent: telemetry.tracing.traceparent,
  })
  addPage(app, config.pageDir)

  freezeWatch.start()
  // Opening the databases takes a moment, which nobody has to wait for.
  app.addHook('onListen', async () => void conversations.begin().catch(() => undefined))
  app.addHook('onClose', async () => {
    freezeWatch.close()
    await tokens.close()
    await store.close()
    await credentials.close()
    agentd.close()
    engine.close()
    outbound.close()
    records.close()
  })
  return app
}

import type { Log } from '@castellan/daemon'
import type { Provider } from '@castellan/mcp-bridge'
import type { FastifyInstance } from 'fastify'
import { addOpenAi } from '../api/openai/routes.ts'
import { refuseUndescribed } from '../api/serve.ts'
import { addSignInRoutes } from '../api/sign-in.ts'
import { addAgents } from '../api/v1/agents.ts'
import { addApprovals } from '../api/v1/approvals.ts'
import { addCalls, addUndo } from '../api/v1/calls.ts'
import { addChats } from '../api/v1/chats.ts'
import { addCredentialStore } from '../api/v1/credential-store.ts'
import { addCredentials } from '../api/v1/credentials.ts'
import { addDiscovery } from '../api/v1/discovery.ts'
import { addEmergency } from '../api/v1/emergency.ts'
import { addEngines } from '../api/v1/engines.ts'
import { addHealth } from '../api/v1/health.ts'
import { addIncidents } from '../api/v1/incidents.ts'
import { addInsights } from '../api/v1/insights.ts'
import { addLedger } from '../api/v1/ledger.ts'
import { addMachine } from '../api/v1/machine.ts'
import { addMemory } from '../api/v1/memory.ts'
import { addMessages } from '../api/v1/messages.ts'
import { addModels } from '../api/v1/models.ts'
import { addOperators } from '../api/v1/operators.ts'
import { addPolicy } from '../api/v1/policy.ts'
import { addSignIns } from '../api/v1/sign-ins.ts'
import { addTokens } from '../api/v1/tokens.ts'
import { addTools } from '../api/v1/tools.ts'
import { addVerification } from '../api/v1/verification.ts'
import { Calls } from '../calls/calls.ts'
import { CallSessions } from '../calls/sessions.ts'
import type { Patience } from '../chat/ask.ts'
import { addChatSocket, type ChatTiming } from '../chat/socket.ts'
import type { SpeakParts } from '../chat/speak.ts'
import type { GatewayConfig } from '../config.ts'
import { recordsFailovers } from '../engines/failovers.ts'
import { addMcp } from '../mcp/mount.ts'
import { addPage } from '../plugins/page.ts'
import { routeUpgrades } from '../plugins/upgrades.ts'
import type { Parts } from './parts.ts'

interface RouteOptions {
  readonly chatTiming: ChatTiming
  readonly patience: Patience
  readonly mcpProviders: readonly Provider[]
}

/** Everything that can be asked for, by the part that answers it. */
export async function addRoutes(
  app: FastifyInstance,
  config: GatewayConfig,
  parts: Parts,
  { chatTiming, patience, mcpProviders }: RouteOptions,
  log: Log,
): Promise<void> {
  const { access, agentd, agents, audience, chats, conversations, engine, insights, records, telemetry, waiting } =
    parts
  const { tracing } = telemetry
  refuseUndescribed(app)
  addHealth(app, { agentd, engine, airlock: parts.outbound, startedAt: new Date() })
  addDiscovery(app, config.publicOrigins)

  addSignInRoutes(app, { ...access, records })
  addSignIns(app, { ...access, records })
  addOperators(app, { ...access, agentd })
  addTokens(app, { ...access, records })

  addCredentials(app, parts.credentials.credentials)
  addCredentialStore(app, parts.credentials)
  addEngines(app, parts.engines)
  addAgents(app, agents)
  addInsights(app, insights, records)

  const sessions = new CallSessions(agentd, log)
  const reading = { agentd, sessions, agents }
  const calls = new Calls({ agentd, sessions, waiting, log })
  addTools(app, agentd)
  addCalls(app, calls, agents)
  addUndo(app, calls, reading)
  addApprovals(app, { agentd, chats, audience })
  addLedger(app, { agentd, engine, decisions: parts.decisions })
  addMemory(app, reading)
  addVerification(app, agentd)
  addMachine(app, reading)
  addIncidents(app, reading)
  addEmergency(app, agentd)
  addPolicy(app, agentd)
  addModels(app, { ...reading, models: parts.models, engineModels: parts.engineModels })
  addOpenAi(app, parts)

  const speaking: SpeakParts = {
    ...{ ...parts, tracing, patience, log },
    onExchange: (exchange, chat) => insights.record(exchange, chat),
    onDecision: (decided, called, chat) => parts.decisions.record(decided, called, chat),
    onFailover: recordsFailovers(records, log),
  }
  addMessages(app, { ...speaking, conversations })
  addChatSocket(app, routeUpgrades(app), { ...speaking, audience, followers: parts.followers }, chatTiming)
  // Streams of events end after the turns that a stop ends.
  addChats(app, { chats, conversations, agents, insights, decisions: parts.decisions })
  await addMcp(app, {
    ...{ agentSocket: config.agentSocket, stateDir: config.stateDir, log, providers: mcpProviders },
    traceparent: tracing.traceparent,
  })
  addPage(app, config.pageDir)
}

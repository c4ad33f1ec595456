import { dirname, join } from 'node:path'
import type { Log } from '@castellan/daemon'
import { Agentd } from '../agentd.ts'
import type { Agent } from '../agents/agent.ts'
import { Agents } from '../agents/agents.ts'
import { tellAgents } from '../agents/tell.ts'
import { Audience } from '../chat/audience.ts'
import { Followers } from '../chat/followers.ts'
import { ChatSessions } from '../chat/sessions.ts'
import { Waiting } from '../chat/waiting.ts'
import type { GatewayConfig } from '../config.ts'
import { Conversations } from '../conversations/conversations.ts'
import { type CredentialsOfGateway, openCredentials } from '../credentials/open.ts'
import { ContainmentWatch } from '../emergency/containment-watch.ts'
import { FreezeWatch } from '../emergency/freeze-watch.ts'
import { tellChats } from '../emergency/tell.ts'
import { Walls } from '../engines/cli/walls.ts'
import { Embeddings } from '../engines/embeddings.ts'
import type { Engine } from '../engines/engine.ts'
import { Engines } from '../engines/engines.ts'
import { LlamaEngine } from '../engines/llama.ts'
import { Insights } from '../insights/insights.ts'
import { tellsExchanges } from '../insights/local.ts'
import { GatewayKeys } from '../keys/gateway-keys.ts'
import { keyPlaces } from '../keys/places.ts'
import { EngineModels } from '../models/engine-models.ts'
import { ModelKeeper } from '../models/keeper.ts'
import { CredentialMarks } from '../outbound/marks.ts'
import { Outbound } from '../outbound/outbound.ts'
import type { Monotonic } from '../plugins/allowance.ts'
import { Records } from '../records.ts'
import { Decisions } from '../replay/decisions.ts'
import { KeyWatch } from '../sign-in/key-watch.ts'
import { openStore } from '../store/open.ts'
import { Telemetry } from '../telemetry/telemetry.ts'
import { type Access, openAccess } from './access.ts'

/** What the gateway is made of, built once and handed to whoever needs it. */
export interface Parts {
  readonly telemetry: Telemetry
  readonly keys: GatewayKeys
  readonly records: Records
  readonly agentd: Agentd
  readonly access: Access
  readonly credentials: CredentialsOfGateway
  /** The engine of this machine. */
  readonly engine: LlamaEngine
  /** Which model answers there. */
  readonly models: ModelKeeper
  readonly engineModels: EngineModels
  /** Its model for vectors of texts. */
  readonly embeddings: Embeddings
  readonly engines: Engines
  readonly engineOf: (agent: Agent) => Engine
  readonly agents: Agents
  readonly conversations: Conversations
  readonly insights: Insights
  readonly decisions: Decisions
  readonly audience: Audience
  readonly chats: ChatSessions
  readonly waiting: Waiting
  readonly freezeWatch: FreezeWatch
  readonly containment: ContainmentWatch
  readonly followers: Followers
  /** The way out. */
  readonly outbound: Outbound
  close(): Promise<void>
}

/** Throws `config_invalid` where the configuration or a file that it names cannot be used. */
export async function openParts(config: GatewayConfig, monotonic: Monotonic, log: Log): Promise<Parts> {
  const own = join(config.stateDir, 'gateway')
  const sockets = dirname(config.agentSocket)
  const records = new Records(config.recordSocket ?? join(sockets, 'record.sock'))
  const keys = await GatewayKeys.open(keyPlaces(config))
  const telemetry = new Telemetry(config, log)
  const agentd = new Agentd(config.agentSocket, telemetry.tracing)
  const access = await openAccess(config, { keys, records, agentd, monotonic, log })

  const freezeWatch = new FreezeWatch(agentd, log)
  const containment = new ContainmentWatch(agentd, log)
  const keyWatch = new KeyWatch({ agentd, pageSessions: access.pageSessions, log })
  keyWatch.start()
  freezeWatch.follow(containment)
  const airlockSocket = config.airlockSocket ?? join(sockets, 'airlock.sock')
  const outbound = new Outbound(airlockSocket)
  const marks = new CredentialMarks(airlockSocket, log)
  const credentials = await openCredentials(config, { keys, records, outbound, marks, freezeWatch, log })
  const engineModels = new EngineModels(config.engineSocket)
  const models = await ModelKeeper.open({ path: join(own, 'model.json'), engine: engineModels, records, log })
  const engine = new LlamaEngine(config.engineSocket, { before: () => models.settle() })
  const embeddings = new Embeddings(config.engineSocket)
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

  const { enabled, local } = config.insights
  const limits = { insights: limitsOf(config.insights), decisions: limitsOf(config.decisions) }
  const store = openStore(own, keys, limits, log)
  const conversations = new Conversations(store, log)
  const insights = new Insights(store, { enabled }, log)
  const decisions = new Decisions(store, config.decisions, log)
  const audience = new Audience()
  const chats = new ChatSessions({ listeners: audience, conversations, agents })
  const followers = new Followers(agentd, log)
  const waiting = await Waiting.open(join(own, 'waiting'), log)
  tellChats(freezeWatch, { chats, audience })
  tellAgents(agents, audience)

  return {
    ...{ telemetry, keys, records, agentd, access, credentials },
    ...{ engine, models, engineModels, embeddings, engines, agents },
    ...{ conversations, insights, decisions, audience, chats, waiting, freezeWatch, containment, followers, outbound },
    engineOf({ engine }) {
      const created = engines.create(engine)
      return local && created.host === null ? tellsExchanges(created) : created
    },
    async close() {
      freezeWatch.close()
      containment.close()
      keyWatch.close()
      followers.close()
      await access.tokens.close()
      await store.close()
      await credentials.close()
      agentd.close()
      engine.close()
      engineModels.close()
      embeddings.close()
      outbound.close()
      records.close()
    },
  }
}

function limitsOf({ maxDays, maxMegabytes }: { readonly maxDays: number; readonly maxMegabytes: number }) {
  return { maxDays, maxBytes: maxMegabytes * 1024 * 1024 }
}

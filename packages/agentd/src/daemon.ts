import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DaemonContext, type Log, type RunningDaemon, SocketServer } from '@castellan/daemon'
import type { Agentd } from './agentd.ts'
import { startApps } from './apps/start.ts'
import { Registry } from './calls/registry.ts'
import { SYSTEM } from './compose/actors.ts'
import { build } from './compose/build.ts'
import { openLedger } from './compose/ledger.ts'
import { encryptedIn } from './compose/places.ts'
import type { Config } from './config.ts'
import { SAMPLE_SECONDS } from './host/load-history.ts'
import { retention } from './ledger/retention.ts'
import { BookFile } from './sessions/book-file.ts'
import { BookKeeper } from './sessions/book-keeper.ts'
import { addAgentRoutes } from './sockets/agent.ts'
import { addOperatorRoutes } from './sockets/operator.ts'
import { addRecordRoutes } from './sockets/record.ts'
import { StateKeys } from './state/keys.ts'
import { Schedule } from './state/schedule.ts'
import { StateFile } from './state/state-file.ts'
import type { Tool } from './tools/define.ts'
import { tools } from './tools/index.ts'
import { KeptInverses } from './undo/kept.ts'

/** When stopping, time for calls to finish by themselves, in milliseconds; then they are told to stop. */
const GRACE_MS = 3000
/** And time for those to stop and have their outcome recorded. What is left is recorded as interrupted at the next start. */
const RECORD_MS = 1000

/** Builds agentd out of its parts and opens its sockets, in this order: nobody is served before orphans are closed. */
export async function startAgentd(
  { config, log }: Pick<DaemonContext<Config>, 'config' | 'log'>,
  toolset: readonly Tool[] = tools,
): Promise<RunningDaemon<Config>> {
  const folder = join(config.stateDir, 'agentd')
  await mkdir(folder, { recursive: true, mode: 0o700 })

  const keys = await StateKeys.open(folder, encryptedIn(folder))
  const inverses = await KeptInverses.open(join(folder, 'undo'), keys.derive('castellan kept inverses v1'))
  const registry = new Registry(toolset)
  const book = await BookKeeper.open({
    file: new StateFile(join(folder, 'sessions.json'), BookFile),
    marksKey: keys.derive('castellan taint marks v1'),
    log,
  })
  const ledger = await openLedger(config, folder, { inverses, registry, book }, log)
  const agentd = await build(config, folder, { keys, inverses, book, ledger, registry }, log)
  const { payloadDays } = config.ledger.retention
  const pruning =
    payloadDays === undefined ? undefined : retention({ recorder: ledger, payloadDays, actor: SYSTEM, log })

  const operatorServer = new SocketServer({ name: 'agentd', log })
  const agentServer = new SocketServer({ name: 'agentd', log })
  const recordServer = new SocketServer({ name: 'agentd', log })
  addOperatorRoutes(operatorServer, agentd)
  addAgentRoutes(agentServer, agentd)
  addRecordRoutes(recordServer, agentd)
  await operatorServer.listen({ path: config.operatorSocket, mode: 0o600 })
  const recordSocket = config.recordSocket ?? join(dirname(config.agentSocket), 'record.sock')
  await recordServer.listen({ path: recordSocket, mode: 0o660 })
  await agentServer.listen({ path: config.agentSocket, mode: 0o660 })
  agentd.witnesses?.start()
  agentd.emergency.start()
  agentd.incidents.start()
  agentd.ledgerWatch.start()
  agentd.containments.start()
  agentd.monitor.start()
  agentd.attestor.start()
  await agentd.safeSwitch.start()
  agentd.routines.start()
  agentd.watchers.start()
  const sampling = sampleLoad(agentd, log)
  const verifying = await openModels(agentd, config, log)
  agentd.emergency.add({ freeze: () => undefined, thaw: () => void startApps(agentd.calls, log) })
  if (!agentd.emergency.isFrozen) {
    void startApps(agentd.calls, log)
    void agentd.mcpServers.startAll()
  }
  pruning?.start()

  return {
    async reload() {
      await agentd.policy.reload(SYSTEM)
    },
    async stop() {
      agentd.approvals.close()
      agentd.hold.close()
      ledger.stopTelling()
      registry.close()
      const schedules = Promise.all([
        agentd.witnesses?.close(),
        agentd.emergency.close(),
        agentd.ledgerWatch.stop(),
        agentd.monitor.stop(),
        agentd.attestor.stop(),
        pruning?.stop(),
        agentd.routines.stop(),
        agentd.watchers.stop(),
        sampling.stop(),
        verifying.stop(),
        agentd.safeSwitch.close(),
        agentd.mcpServers.close(),
      ])
      await Promise.all(
        [agentServer, operatorServer, recordServer].map((server) => server.close({ graceMs: GRACE_MS })),
      )
      await agentd.calls.inFlight.idle(RECORD_MS)
      await schedules
      await agentd.containments.stop()
      await agentd.incidents.close()
      agentd.disconnect()
      await ledger.append({ type: 'daemon_stopped', actor: SYSTEM }).catch((error: unknown) => {
        log.error({ err: error }, 'the stop could not be recorded')
      })
      await ledger.close()
      await book.save()
    },
  }
}

/** Keeps the machine's load history, a sample a minute. */
function sampleLoad({ calls }: Agentd, log: Log): Schedule {
  const sampling = new Schedule(
    SAMPLE_SECONDS * 1000,
    () => calls.host.history.sample(),
    (error) => log.warn({ err: error }, 'the load could not be sampled'),
  )
  sampling.start()
  return sampling
}

/** Time from the start to the first reading of all models, in milliseconds: a start is busy enough. */
const FIRST_VERIFY_MS = 10 * 60_000

/** Between two looks at the list of trusted models, in milliseconds. */
const HOLD_LIST_MS = 15_000

/** Brings imports that the last run left open to an end, and reads all trusted models now and then. */
async function openModels({ calls }: Agentd, { models }: Config, log: Log): Promise<{ stop(): Promise<void> }> {
  // The registry is opened again by whatever needs it; until then nothing new is trusted.
  await calls.host.models.open().catch((error: unknown) => log.error({ err: error }, 'the models could not be opened'))
  const stopping = new AbortController()
  const verifying = new Schedule(
    models.verifyEverySeconds * 1000,
    () => calls.host.models.verifyAll(stopping.signal),
    (error) => log.warn({ err: error }, 'the models could not all be verified'),
  )
  const timer = setTimeout(() => verifying.start(), FIRST_VERIFY_MS)
  timer.unref()
  // Looking at the list holds it against what agentd wrote.
  const holding = new Schedule(
    HOLD_LIST_MS,
    async () => void (await calls.host.models.list()),
    (error) => log.warn({ err: error }, 'the list of trusted models could not be held against the ledger'),
  )
  holding.start()
  return {
    async stop() {
      clearTimeout(timer)
      stopping.abort(new Error('agentd is stopping'))
      await Promise.all([verifying.stop(), holding.stop()])
    },
  }
}

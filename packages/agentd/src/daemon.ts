import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DaemonContext, type Log, type RunningDaemon, SocketServer, version } from '@castellan/daemon'
import type { Agentd } from './agentd.ts'
import { Approvals } from './approvals/approvals.ts'
import { ApprovalFile } from './approvals/lifecycle.ts'
import { approvalsOfSession } from './approvals/of-session.ts'
import { Proofs } from './approvals/proof.ts'
import { startApps } from './apps/start.ts'
import { backupFolder, startBackups } from './backup/start.ts'
import { readArguments } from './calls/arguments.ts'
import { InFlight } from './calls/in-flight.ts'
import type { CallParts } from './calls/path.ts'
import { Rates } from './calls/rates.ts'
import { Registry } from './calls/registry.ts'
import type { Config } from './config.ts'
import { createHost } from './host/create.ts'
import type { Grant } from './host/index.ts'
import { SAMPLE_SECONDS } from './host/load-history.ts'
import { IncidentFile, Incidents } from './incidents/incidents.ts'
import { Integrity } from './integrity/integrity.ts'
import { watchedPaths } from './integrity/watched.ts'
import { LedgerKeeper } from './ledger/keeper.ts'
import { LedgerRecorder } from './ledger/ledger-recorder.ts'
import { interruptOrphans } from './ledger/orphans.ts'
import { retention } from './ledger/retention.ts'
import { Schedule } from './ledger/schedule.ts'
import { UnrecordedFile, UnrecordedReads } from './ledger/unrecorded.ts'
import { Witnesses } from './ledger/witnesses.ts'
import { PinFile } from './mcp-servers/pins.ts'
import { McpServers } from './mcp-servers/servers.ts'
import { OperatorFile, Operators } from './operators/operators.ts'
import type { PasskeyPlace } from './operators/passkeys.ts'
import { SignInFile, SignIns } from './operators/sign-ins.ts'
import { Always } from './policy/always.ts'
import { explain } from './policy/explain.ts'
import { PolicyKeeper } from './policy/policy-keeper.ts'
import { ownCalls } from './routines/caller.ts'
import { RoutineFile } from './routines/routine.ts'
import { Routines } from './routines/routines.ts'
import { BookFile } from './sessions/book-file.ts'
import { BookKeeper } from './sessions/book-keeper.ts'
import { Sessions } from './sessions/sessions.ts'
import { shippedSkills } from './skills/shipped.ts'
import { SkillFile, Skills } from './skills/skills.ts'
import { skillToolOf } from './skills/tool.ts'
import { addAgentRoutes } from './sockets/agent.ts'
import { addOperatorRoutes } from './sockets/operator.ts'
import { openHostSeal } from './state/host-seal.ts'
import { StateKeys } from './state/keys.ts'
import { StateFile } from './state/state-file.ts'
import { SafeSwitch } from './switch/index.ts'
import type { Tool } from './tools/define.ts'
import { tools } from './tools/index.ts'
import { KeptInverses } from './undo/kept.ts'
import { Undo } from './undo/undo.ts'
import { lookAt } from './watchers/look.ts'
import { WatcherFile } from './watchers/watcher.ts'
import { Watchers } from './watchers/watchers.ts'

/** When stopping, time for calls to finish by themselves, in milliseconds; then they are told to stop. */
const GRACE_MS = 3000
/** And time for those to stop and have their outcome recorded. What is left is recorded as interrupted at the next start. */
const RECORD_MS = 1000

const SYSTEM = { kind: 'system', name: 'agentd' } as const
const OPERATOR = { kind: 'operator', name: 'operator' } as const

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
  addOperatorRoutes(operatorServer, agentd)
  addAgentRoutes(agentServer, agentd)
  await operatorServer.listen({ path: config.operatorSocket, mode: 0o600 })
  await agentServer.listen({ path: config.agentSocket, mode: 0o660 })
  agentd.witnesses?.start()
  await agentd.safeSwitch.start()
  agentd.routines.start()
  agentd.watchers.start()
  const sampling = sampleLoad(agentd, log)
  void startApps(agentd.calls, log)
  void agentd.mcpServers.startAll()
  pruning?.start()

  return {
    async reload() {
      await agentd.policy.reload(SYSTEM)
    },
    async stop() {
      agentd.approvals.close()
      registry.close()
      const schedules = Promise.all([
        agentd.witnesses?.close(),
        pruning?.stop(),
        agentd.routines.stop(),
        agentd.watchers.stop(),
        sampling.stop(),
        agentd.safeSwitch.close(),
        agentd.mcpServers.close(),
      ])
      await Promise.all([agentServer, operatorServer].map((server) => server.close({ graceMs: GRACE_MS })))
      await agentd.calls.inFlight.idle(RECORD_MS)
      await schedules
      await agentd.incidents.close()
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

async function openLedger(
  config: Config,
  folder: string,
  { inverses, registry, book }: { inverses: KeptInverses; registry: Registry; book: BookKeeper },
  log: Log,
): Promise<LedgerRecorder> {
  return LedgerRecorder.open({
    options: {
      dir: join(config.stateDir, 'ledger'),
      keyDir: join(folder, 'ledger-keys'),
      seal: await openHostSeal(log),
    },
    unrecorded: await UnrecordedReads.open(new StateFile(join(folder, 'unrecorded.json'), UnrecordedFile), log),
    follower: book,
    log,
    async onOpen(ledger, { again, unrecordedReads }) {
      const interrupted = await interruptOrphans(ledger, inverses)
      if (!again) await inverses.clear()
      if (interrupted > 0) log.warn({ interrupted }, 'calls had no outcome and are recorded as interrupted')
      const { registryDigest: registry_digest } = registry.listing
      const facts = { version, interrupted, unrecorded_reads: unrecordedReads, registry_digest }
      const type = again ? 'ledger_reopened' : 'daemon_started'
      // What every tool is from here on, so that a hash that a client pinned can be traced.
      await ledger.append({ type, actor: SYSTEM, facts }, { tool_hashes: registry.hashes() })
    },
  })
}

async function build(
  config: Config,
  folder: string,
  {
    keys,
    inverses,
    book,
    ledger,
    registry,
  }: { keys: StateKeys; inverses: KeptInverses; book: BookKeeper; ledger: LedgerRecorder; registry: Registry },
  log: Log,
): Promise<Agentd> {
  const policy = await PolicyKeeper.open({ folder: policyDir(config), tools: () => registry.tools(), ledger, log })
  const operators = await Operators.open({
    ledger,
    file: new StateFile(join(folder, 'operators.json'), OperatorFile),
    place: passkeyPlace(config),
  })
  const standing = new Always({ keeper: policy, registry, host: () => host })
  const approvals = await Approvals.open({
    ledger,
    file: new StateFile(join(folder, 'approvals.json'), ApprovalFile),
    isEnrolled: (key) => operators.isEnrolled(key),
    policyDigest: () => policy.digest,
    standing,
    log,
  })
  policy.onChange(() => approvals.sweep())
  const incidents = await Incidents.open({
    ledger,
    file: new StateFile(join(folder, 'incidents.json'), IncidentFile),
    log,
  })
  const routines = await Routines.open({
    file: new StateFile(join(folder, 'routines.json'), RoutineFile),
    ledger,
    // The path needs the host, and the host offers the routines; by the time one is due, both are there.
    makeCall: (call, errand) => ownCalls(calls)(call, errand),
    checkCall({ tool: name, args }) {
      const { tool, descriptor } = registry.find(name)
      readArguments(tool, descriptor, args)
    },
    log,
  })
  const watchers = await Watchers.open({
    file: new StateFile(join(folder, 'watchers.json'), WatcherFile),
    ledger,
    look: (check, signal) => lookAt(check, host, signal),
    makeCall: (call, errand) => ownCalls(calls)(call, errand),
    notify: ({ name }, message) => void incidents.raise({ class: 'watched_failure', subject: name, summary: message }),
    log,
  })
  const safeSwitch = await SafeSwitch.open({
    folder: join(folder, 'switch'),
    ledger,
    defaults: { activation: 'auto', ...config.switch },
    log,
  })
  const sessions = new Sessions({
    keeper: book,
    ledger,
    keys,
    mode: config.sessions.mode,
    budgets: config.budgets,
  })
  const { backups, keeper: backupKeeper } = await startBackups(folder, config.backups, {
    keys,
    ledger,
    actor: OPERATOR,
  })
  const mcpServers = await McpServers.open({
    configs: config.mcpServers,
    file: new StateFile(join(folder, 'mcp-pins.json'), PinFile),
    registry,
    sandbox: () => host.sandbox,
    ledger,
    log,
    async onToolsChanged() {
      await policy.reload(SYSTEM)
    },
  })
  const skills = await Skills.open({
    folders: [shippedSkills, ...config.skills.folders.map((path) => ({ path, origin: 'owner' as const }))],
    file: new StateFile(join(folder, 'skills.json'), SkillFile),
    ledger,
    tool: (name) => skillToolOf(registry, name),
    trust: () => host.files.trust,
  })
  const host = await createHost({
    grants: grantsOf(config),
    stateDir: folder,
    keys,
    trash: config.trash,
    backups,
    ledger: {
      query: (query) => ledger.query(query),
      verify: () => ledger.verify(),
      prove: async (index) => ({
        index,
        type: (await ledger.read(index)).entry.type,
        proof: await ledger.proof(index),
      }),
    },
    capabilities: sessions,
    policy: { explain: (request) => explain({ policy, registry, host, sessions }, request) },
    undo: new Undo(ledger, (name) => registry.find(name).tool),
    approvals: approvalsOfSession(approvals, () => calls),
    routines,
    mcpServers,
    skills,
    watchers,
    incidents,
    models: join(config.stateDir, 'models'),
    onModelChanged: (subject, summary) => void incidents.raise({ class: 'manifest_mismatch', subject, summary }),
    integrity: new Integrity({
      file: join(folder, 'integrity.json'),
      key: keys.derive('castellan integrity baseline v1'),
      watched: watchedPaths(config),
      onViolation: (subject, summary) => void incidents.raise({ class: 'integrity_violation', subject, summary }),
    }),
    switching: safeSwitch,
    nixos: config.nixos,
  })
  const inFlight = new InFlight(config.limits.callsInFlight)
  const witnesses = await openWitnesses(config, ledger, log)
  const calls: CallParts = {
    registry,
    inFlight,
    rates: new Rates(incidents),
    sessions,
    incidents,
    policy,
    approvals,
    standing,
    ledger,
    inverses,
    host,
    log,
  }
  return {
    calls,
    sessions,
    incidents,
    routines,
    watchers,
    safeSwitch,
    backupKeeper,
    mcpServers,
    skills,
    policy,
    always: standing,
    approvals,
    proofs: new Proofs(operators, config.approvals.ownerToken ? config.tokenFile : undefined),
    operators,
    signIns: await SignIns.open(ledger, operators, new StateFile(join(folder, 'sign-ins.json'), SignInFile)),
    ledger,
    keeper: new LedgerKeeper(ledger, OPERATOR),
    witnesses,
    state: () =>
      ledger.state().state === 'ok' && witnesses?.alarmed !== true && policy.state === 'ok' ? 'ready' : 'degraded',
    detail: () => ({
      ledger: ledger.state(),
      ...(witnesses === undefined ? {} : { witnesses: witnesses.status() }),
      policy_digest: policy.digest,
      ...(policy.state === 'ok' ? {} : { policy: { state: policy.state, problems: policy.problems } }),
      tools: registry.size,
      calls_in_flight: inFlight.size,
      approvals_pending: approvals.pending,
      incidents_open: incidents.open,
      mode: sessions.modeOfAll,
    }),
  }
}

async function openWitnesses({ ledger }: Config, recorder: LedgerRecorder, log: Log): Promise<Witnesses | undefined> {
  const { witnessPolicy, cosignEverySeconds } = ledger
  if (witnessPolicy === undefined) return undefined
  return Witnesses.open({ recorder, policyFile: witnessPolicy, everySeconds: cosignEverySeconds, actor: SYSTEM, log })
}

/** Where the owner's rules are. */
function policyDir({ policy, stateDir }: Config): string {
  return policy.dir ?? join(stateDir, 'policy')
}

/** Passkeys belong to a domain: that of the page, which locally is called `localhost`. */
function passkeyPlace({ approvals, pagePort }: Config): PasskeyPlace {
  const { origins = [`http://localhost:${pagePort}`], rpId } = approvals.passkeys
  return { origins, rpId: rpId ?? new URL(origins[0] as string).hostname }
}

/** The workspace first, because relative paths start there; agentd's own state never; then what the owner grants. */
function grantsOf(config: Config): [Grant, ...Grant[]] {
  const { stateDir, files, backups } = config
  return [
    { path: join(stateDir, 'workspace'), access: 'write' },
    { path: stateDir, access: 'none' },
    ...files.roots,
    { path: policyDir(config), access: 'none' },
    { path: backupFolder(join(stateDir, 'agentd'), backups), access: 'none' },
  ]
}

/** What lies in agentd's folder under a key of {@link StateKeys}: where any of it is there, the root key has to be. */
function encryptedIn(folder: string): string[] {
  return ['trash/blobs', 'trash/items', 'undo', 'memory.db'].map((name) => join(folder, name))
}

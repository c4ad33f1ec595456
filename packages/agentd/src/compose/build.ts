import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import { Approvals } from '../approvals/approvals.ts'
import { ApprovalFile } from '../approvals/lifecycle.ts'
import { approvalsOfSession } from '../approvals/of-session.ts'
import { Proofs } from '../approvals/proof.ts'
import { Tpm } from '../attestation/tpm.ts'
import { startBackups } from '../backup/start.ts'
import { InFlight } from '../calls/in-flight.ts'
import type { CallParts } from '../calls/path.ts'
import { Rates } from '../calls/rates.ts'
import type { Registry } from '../calls/registry.ts'
import type { Config } from '../config.ts'
import { enrolDeclared } from '../declared/operators.ts'
import { Emergency } from '../emergency/emergency.ts'
import { createHost } from '../host/create.ts'
import { IncidentFile, Incidents } from '../incidents/incidents.ts'
import { RefusalSeries } from '../incidents/series.ts'
import type { Sighting } from '../incidents/sighting.ts'
import { BaselineStore } from '../integrity/baseline.ts'
import { Canaries } from '../integrity/canaries.ts'
import { Integrity } from '../integrity/integrity.ts'
import { IntegrityMonitor } from '../integrity/monitor.ts'
import { watchedPaths } from '../integrity/watched.ts'
import { LedgerKeeper } from '../ledger/keeper.ts'
import type { LedgerRecorder } from '../ledger/ledger-recorder.ts'
import { PinFile } from '../mcp-servers/pins.ts'
import { McpServers } from '../mcp-servers/servers.ts'
import { EnginePlacer } from '../memory/text-vectors.ts'
import { registryLedger } from '../models/registry-ledger.ts'
import { OperatorFile, Operators } from '../operators/operators.ts'
import { SignInFile, SignIns } from '../operators/sign-ins.ts'
import { Always } from '../policy/always.ts'
import { PolicyChanges } from '../policy/change/changes.ts'
import { explain } from '../policy/explain.ts'
import { isRuleFile } from '../policy/folder.ts'
import { PolicyKeeper } from '../policy/policy-keeper.ts'
import { Trials } from '../policy/trial/trials.ts'
import type { MakeCall } from '../routines/caller.ts'
import { ownCalls } from '../routines/caller.ts'
import type { BookKeeper } from '../sessions/book-keeper.ts'
import { Sessions } from '../sessions/sessions.ts'
import { shippedSkills } from '../skills/shipped.ts'
import { SkillFile, Skills } from '../skills/skills.ts'
import { skillToolOf } from '../skills/tool.ts'
import { EvidenceKey } from '../state/evidence-key.ts'
import type { StateKeys } from '../state/keys.ts'
import { StateFile } from '../state/state-file.ts'
import { SafeSwitch } from '../switch/index.ts'
import type { KeptInverses } from '../undo/kept.ts'
import { Undo } from '../undo/undo.ts'
import { OPERATOR, SYSTEM } from './actors.ts'
import { stopInEmergency } from './emergency.ts'
import { openErrands } from './errands.ts'
import { respond } from './incidents.ts'
import { openWitnesses } from './ledger.ts'
import { airlockSocketOf, canariesIn, grantsOf, passkeyPlace, policyDir } from './places.ts'

/** Everything that is open before the parts are built. */
export interface Ground {
  readonly keys: StateKeys
  readonly inverses: KeptInverses
  readonly book: BookKeeper
  readonly ledger: LedgerRecorder
  readonly registry: Registry
}

/** Builds the parts of agentd and hands them to each other. `folder` is its state folder. */
export async function build(
  config: Config,
  folder: string,
  { keys, inverses, book, ledger, registry }: Ground,
  log: Log,
): Promise<Agentd> {
  const policy = await PolicyKeeper.open({ folder: policyDir(config), tools: () => registry.tools(), ledger, log })
  const operators = await Operators.open({
    ledger,
    file: new StateFile(join(folder, 'operators.json'), OperatorFile),
    place: passkeyPlace(config),
  })
  await enrolDeclared(operators, config.operators)
  const emergency = await Emergency.open({ stateDir: config.stateDir, ledger, log })
  const standing = new Always({ keeper: policy, registry, host: () => host })
  const approvals = await Approvals.open({
    ledger,
    // A question holds the arguments of its call, which may be anybody's words.
    file: new StateFile(join(folder, 'approvals.json'), ApprovalFile, keys.derive('castellan approvals v1')),
    isEnrolled: (key) => operators.isEnrolled(key),
    policyDigest: () => policy.digest,
    isFrozen: () => emergency.isFrozen,
    standing,
    log,
  })
  policy.onChange(() => approvals.sweep())
  const incidents = await Incidents.open({
    ledger,
    file: new StateFile(join(folder, 'incidents.json'), IncidentFile),
    rules: config.incidents,
    log,
  })
  // The path needs the host, and the host offers what errands do; by the time one is due, all of it is there.
  const makeCall: MakeCall = (call, errand) => ownCalls(calls)(call, errand)
  const { routines, watchers } = await openErrands({
    folder,
    declared: config,
    ledger,
    registry,
    incidents,
    makeCall,
    host: () => host,
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
  const evidenceKey = new EvidenceKey(keys.derive('castellan evidence key v1'))
  const raise = (sighting: Sighting) => void incidents.raise(sighting)
  const canaries = new Canaries([...canariesIn(config.stateDir), ...config.integrity.canaries], raise, config.integrity)
  const integrity = new Integrity({
    baselines: new BaselineStore({ file: join(folder, 'integrity.json'), key: evidenceKey, ledger }),
    watched: watchedPaths(config),
    ledger,
    raise,
    canaries: () => canaries.status,
    standing: (subject) => incidents.list().find((one) => one.subject === subject && one.state !== 'resolved')?.summary,
    bytesPerSecond: config.integrity.bytesPerSecond,
  })
  policy.runBy(({ actor, kind }, work) =>
    integrity.own(
      { folder: policy.folder, by: actor.name, kind, reads: (path) => isRuleFile(policy.folder, path) },
      work,
    ),
  )
  const host = await createHost({
    grants: grantsOf(config),
    stateDir: folder,
    keys,
    trash: config.trash,
    backups,
    ledger: {
      query: (query) => ledger.query(query),
      async verify() {
        const verdict = await ledger.verify()
        const { ok, problem } = verdict
        if (!ok)
          raise({ class: 'ledger_damage', subject: 'ledger', summary: problem?.message ?? 'It does not verify.' })
        return verdict
      },
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
    models: {
      folder: join(config.stateDir, 'models'),
      config: config.models,
      ledger: registryLedger(ledger),
      tools: () => registry.listing.tools,
      log,
    },
    onModelChanged: (subject, summary) => void incidents.raise({ class: 'manifest_mismatch', subject, summary }),
    integrity,
    switching: safeSwitch,
    nixos: config.nixos,
    airlockSocket: airlockSocketOf(config),
    placer: config.engineSocket === undefined ? undefined : new EnginePlacer(config.engineSocket),
  })
  const inFlight = new InFlight(config.limits.callsInFlight)
  const witnesses = await openWitnesses(config, ledger, log)
  stopInEmergency(emergency, { inFlight, approvals, mcpServers })
  const calls: CallParts = {
    registry,
    emergency,
    inFlight,
    rates: new Rates(incidents),
    sessions,
    incidents,
    refusals: new RefusalSeries(incidents),
    policy,
    approvals,
    standing,
    ledger,
    inverses,
    host,
    log,
  }
  const { airlock, ...response } = respond({
    ...{ config, incidents, emergency, sessions, ledger, witnesses, policy, host, log },
    calls: () => calls,
    key: evidenceKey,
    tpm: await Tpm.find(config.integrity.tpm),
  })
  return {
    ...response,
    monitor: new IntegrityMonitor({ integrity, canaries, scanEveryMs: config.integrity.scanMinutes * 60_000, log }),
    disconnect: () => airlock.close(),
    calls,
    emergency,
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
    policyChanges: new PolicyChanges({
      ...{ keeper: policy, ledger, declaredBy: config.policy.declaredBy },
      trials: new Trials({ keeper: policy, registry, host: () => host, sessions, ledger }),
    }),
    approvals,
    proofs: new Proofs(operators, config.approvals.ownerToken ? config.tokenFile : undefined),
    operators,
    signIns: await SignIns.open(ledger, operators, new StateFile(join(folder, 'sign-ins.json'), SignInFile)),
    ledger,
    keeper: new LedgerKeeper(ledger, OPERATOR),
    witnesses,
    state: () =>
      ledger.state().state === 'ok' && witnesses?.alarmed !== true && policy.state === 'ok' && !emergency.isFrozen
        ? 'ready'
        : 'degraded',
    detail: () => ({
      ledger: ledger.state(),
      ...(witnesses === undefined ? {} : { witnesses: witnesses.status() }),
      policy_digest: policy.digest,
      ...(policy.state === 'ok' ? {} : { policy: { state: policy.state, problems: policy.problems } }),
      tools: registry.size,
      calls_in_flight: inFlight.size,
      approvals_pending: approvals.pending,
      incidents_open: incidents.open,
      ...(emergency.isFrozen ? { frozen: emergency.state.freeze } : {}),
      mode: sessions.modeOfAll,
    }),
  }
}

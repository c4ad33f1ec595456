import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { AppFile } from '../apps/app.ts'
import { Apps } from '../apps/apps.ts'
import type { Backups } from '../backup/backups.ts'
import { MemoryByMeaning } from '../memory/by-meaning.ts'
import { Memory } from '../memory/memory.ts'
import type { TextPlacer } from '../memory/text-vectors.ts'
import { Models, type ModelsParts } from '../models/models.ts'
import { SandboxedStages } from '../models/sandboxed-stages.ts'
import { Sandbox } from '../sandbox/index.ts'
import type { StateKeys } from '../state/keys.ts'
import { StateFile } from '../state/state-file.ts'
import { Accounts } from './accounts.ts'
import type { ApprovalsPort } from './approvals.ts'
import type { CapabilityPort } from './capabilities.ts'
import { Files, type Grant } from './files/files.ts'
import { Trash, type TrashLimits } from './files/trash.ts'
import { readFirewall } from './firewall.ts'
import { Hardening } from './hardening/hardening.ts'
import type { Host } from './host.ts'
import type { IncidentsPort } from './incidents.ts'
import type { IntegrityPort } from './integrity.ts'
import { Journal } from './journal.ts'
import { KernelParameters } from './kernel-parameters.ts'
import type { LedgerPort } from './ledger.ts'
import { LoadHistory } from './load-history.ts'
import type { McpServersPort } from './mcp-servers.ts'
import { Network } from './network.ts'
import { Nix } from './nix.ts'
import type { NixosSettings } from './nixos/configuration.ts'
import { Nixos } from './nixos/nixos.ts'
import type { PolicyPort } from './policy.ts'
import { Power } from './power.ts'
import { Probes } from './probes/probes.ts'
import { Processes } from './processes.ts'
import type { RoutinesPort } from './routines.ts'
import type { SkillsPort } from './skills.ts'
import { Storage } from './storage.ts'
import type { SwitchPort } from './switch.ts'
import { System } from './system.ts'
import { Systemd } from './systemd.ts'
import type { UndoPort } from './undo.ts'
import type { WatchersPort } from './watchers.ts'
import { Web } from './web/web.ts'

export interface HostOptions {
  /** What file tools may touch. The first is the workspace, which is made if it is not there. */
  readonly grants: readonly [Grant, ...Grant[]]
  /** agentd's own state folder; the trash is kept inside. Grants must not open it. */
  readonly stateDir: string
  /** The keys of what is kept encrypted there. */
  readonly keys: StateKeys
  readonly trash: TrashLimits
  readonly backups: Backups
  readonly ledger: LedgerPort
  readonly undo: UndoPort
  readonly approvals: ApprovalsPort
  readonly capabilities: CapabilityPort
  readonly policy: PolicyPort
  readonly routines: RoutinesPort
  readonly mcpServers: McpServersPort
  readonly skills: SkillsPort
  readonly watchers: WatchersPort
  readonly integrity: IntegrityPort
  readonly incidents: IncidentsPort
  /** Where models are kept, and what is decided about those that come in. */
  readonly models: Pick<ModelsParts, 'folder' | 'config' | 'ledger' | 'tools' | 'log'>
  readonly onModelChanged: (subject: string, summary: string) => void
  readonly switching: SwitchPort
  readonly nixos: NixosSettings
  /** Of the airlock, for agentd. */
  readonly airlockSocket: string
  /** Makes vectors of what is remembered; memory goes by words alone without it. */
  readonly placer?: TextPlacer | undefined
}

/** The ports to this machine. Opens the trash; nothing else is touched before a tool asks. */
export async function createHost({
  grants,
  stateDir,
  ledger,
  undo,
  approvals,
  capabilities,
  policy,
  routines,
  mcpServers,
  skills,
  watchers,
  integrity,
  incidents,
  models,
  onModelChanged,
  switching,
  nixos,
  airlockSocket,
  keys,
  trash: limits,
  backups,
  placer,
}: HostOptions): Promise<Host> {
  await mkdir(grants[0].path, { recursive: true, mode: 0o700 })
  const accounts = new Accounts()
  const system = new System()
  const trash = await Trash.open(join(stateDir, 'trash'), keys.derive('castellan trash v1'), limits)
  const systemd = new Systemd()
  const kernel = new KernelParameters()
  const network = new Network(accounts)
  const files = await Files.open(grants, trash, accounts)
  const sandbox = new Sandbox(await realpath(grants[0].path))
  const memory = new Memory(join(stateDir, 'memory.db'), keys.derive('castellan memory v1'))
  return {
    system,
    history: new LoadHistory(join(stateDir, 'load-history'), system),
    kernel,
    power: new Power(),
    processes: new Processes(accounts),
    storage: new Storage(),
    network,
    probes: new Probes(),
    web: new Web(airlockSocket),
    systemd,
    journal: new Journal(),
    nix: new Nix(),
    nixos: new Nixos(nixos),
    files,
    trash,
    backups,
    sandbox,
    ledger,
    undo,
    approvals,
    capabilities,
    policy,
    routines,
    mcpServers,
    skills,
    watchers,
    apps: await Apps.open({
      file: new StateFile(join(stateDir, 'apps.json'), AppFile),
      releases: join(stateDir, 'apps'),
      files,
      systemd,
      network,
    }),
    hardening: new Hardening({ kernel, listeners: (signal) => network.listeners(signal), firewall: readFirewall }),
    integrity,
    incidents,
    memory: placer === undefined ? memory : new MemoryByMeaning(memory, placer),
    models: new Models({
      ...models,
      seed: keys.derive('castellan model registry key v1'),
      files,
      runner: new SandboxedStages(sandbox),
      onChanged: (subject, summary) => onModelChanged(subject, summary),
    }),
    switch: switching,
  }
}

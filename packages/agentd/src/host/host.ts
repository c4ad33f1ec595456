import type { Backups } from '../backup/backups.ts'
import type { Sandbox } from '../sandbox/index.ts'
import type { ApprovalsPort } from './approvals.ts'
import type { AppsPort } from './apps.ts'
import type { CapabilityPort } from './capabilities.ts'
import type { Files } from './files/files.ts'
import type { Trash } from './files/trash.ts'
import type { Hardening } from './hardening/hardening.ts'
import type { IncidentsPort } from './incidents.ts'
import type { IntegrityPort } from './integrity.ts'
import type { Journal } from './journal.ts'
import type { KernelParameters } from './kernel-parameters.ts'
import type { LedgerPort } from './ledger.ts'
import type { LoadHistory } from './load-history.ts'
import type { McpServersPort } from './mcp-servers.ts'
import type { MemoryPort } from './memory.ts'
import type { ModelsPort } from './models.ts'
import type { Network } from './network.ts'
import type { Nix } from './nix.ts'
import type { Nixos } from './nixos/nixos.ts'
import type { PolicyPort } from './policy.ts'
import type { Power } from './power.ts'
import type { Probes } from './probes/probes.ts'
import type { Processes } from './processes.ts'
import type { RoutinesPort } from './routines.ts'
import type { SkillsPort } from './skills.ts'
import type { Storage } from './storage.ts'
import type { SwitchPort } from './switch.ts'
import type { System } from './system.ts'
import type { Systemd } from './systemd.ts'
import type { UndoPort } from './undo.ts'
import type { WatchersPort } from './watchers.ts'
import type { WebPort } from './web/web.ts'

/**
 * The machine as tools see it: one port per source of truth. Tools speak to these and never to `child_process` or
 * `fs`, so what a tool can reach is what its port offers. A port whose machinery is missing answers
 * `unsupported_host`; it never pretends.
 */
export interface Host {
  readonly system: System
  readonly history: LoadHistory
  readonly kernel: KernelParameters
  readonly power: Power
  readonly processes: Processes
  readonly storage: Storage
  readonly network: Network
  readonly probes: Probes
  readonly web: WebPort
  readonly systemd: Systemd
  readonly journal: Journal
  readonly nix: Nix
  readonly nixos: Nixos
  readonly files: Files
  readonly trash: Trash
  readonly backups: Backups
  readonly sandbox: Sandbox
  readonly ledger: LedgerPort
  readonly undo: UndoPort
  readonly approvals: ApprovalsPort
  readonly capabilities: CapabilityPort
  readonly policy: PolicyPort
  readonly switch: SwitchPort
  readonly routines: RoutinesPort
  readonly mcpServers: McpServersPort
  readonly watchers: WatchersPort
  readonly apps: AppsPort
  readonly hardening: Hardening
  readonly integrity: IntegrityPort
  readonly incidents: IncidentsPort
  readonly models: ModelsPort
  readonly memory: MemoryPort
  readonly skills: SkillsPort
}

import type { ProcessHealth } from '@castellan/contracts'
import type { Approvals } from './approvals/approvals.ts'
import type { Proofs } from './approvals/proof.ts'
import type { Attestor } from './attestation/attestor.ts'
import type { BackupKeeper } from './backup/keeper.ts'
import type { CallParts } from './calls/path.ts'
import type { Emergency } from './emergency/emergency.ts'
import type { Bundles } from './incidents/bundle.ts'
import type { Containments } from './incidents/containment.ts'
import type { Incidents } from './incidents/incidents.ts'
import type { LedgerWatch } from './incidents/ledger-watch.ts'
import type { GatewayHold } from './incidents/measures/gateway.ts'
import type { Recovery } from './incidents/recovery.ts'
import type { IntegrityMonitor } from './integrity/monitor.ts'
import type { LedgerKeeper } from './ledger/keeper.ts'
import type { Recorder } from './ledger/recorder.ts'
import type { Witnesses } from './ledger/witnesses.ts'
import type { McpServers } from './mcp-servers/servers.ts'
import type { Operators } from './operators/operators.ts'
import type { SignIns } from './operators/sign-ins.ts'
import type { Always } from './policy/always.ts'
import type { PolicyChanges } from './policy/change/changes.ts'
import type { PolicyKeeper } from './policy/policy-keeper.ts'
import type { Routines } from './routines/routines.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { Skills } from './skills/skills.ts'
import type { SafeSwitch } from './switch/index.ts'
import type { Watchers } from './watchers/watchers.ts'

/** The parts of agentd that its sockets speak to. */
export interface Agentd {
  readonly calls: CallParts
  readonly emergency: Emergency
  readonly policy: PolicyKeeper
  readonly policyChanges: PolicyChanges
  readonly always: Always
  readonly approvals: Approvals
  readonly proofs: Proofs
  readonly operators: Operators
  readonly signIns: SignIns
  readonly ledger: Recorder
  readonly keeper: LedgerKeeper
  readonly routines: Routines
  readonly watchers: Watchers
  readonly sessions: Sessions
  readonly incidents: Incidents
  readonly containments: Containments
  readonly recovery: Recovery
  readonly bundles: Bundles
  readonly hold: GatewayHold
  readonly ledgerWatch: LedgerWatch
  readonly monitor: IntegrityMonitor
  readonly attestor: Attestor
  /** Ends connections that agentd made itself. */
  readonly disconnect: () => void
  readonly safeSwitch: SafeSwitch
  readonly backupKeeper: BackupKeeper
  readonly mcpServers: McpServers
  readonly skills: Skills
  /** Only where a witness policy is configured. */
  readonly witnesses: Witnesses | undefined
  readonly state: () => ProcessHealth['state']
  /** What `GET /v1/health` tells beside that. */
  readonly detail: () => Record<string, unknown>
}

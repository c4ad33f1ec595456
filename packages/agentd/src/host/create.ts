import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { Sandbox } from '../sandbox/index.ts'
import type { StateKeys } from '../state/keys.ts'
import { Accounts } from './accounts.ts'
import { Files, type Grant } from './files/files.ts'
import { Trash, type TrashLimits } from './files/trash.ts'
import type { Host } from './host.ts'
import { Journal } from './journal.ts'
import type { LedgerPort } from './ledger.ts'
import { Network } from './network.ts'
import { Nix } from './nix.ts'
import { Probes } from './probes/probes.ts'
import { Processes } from './processes.ts'
import type { RoutinesPort } from './routines.ts'
import { Storage } from './storage.ts'
import { System } from './system.ts'
import { Systemd } from './systemd.ts'
import type { SwitchPort } from './switch.ts'
import type { UndoPort } from './undo.ts'

export interface HostOptions {
  /** What file tools may touch. The first is the workspace, which is made if it is not there. */
  readonly grants: readonly [Grant, ...Grant[]]
  /** agentd's own state folder; the trash is kept inside. Grants must not open it. */
  readonly stateDir: string
  /** The keys of what is kept encrypted there. */
  readonly keys: StateKeys
  readonly trash: TrashLimits
  readonly ledger: LedgerPort
  readonly undo: UndoPort
  readonly routines: RoutinesPort
  readonly switching: SwitchPort
}

/** The ports to this machine. Opens the trash; nothing else is touched before a tool asks. */
export async function createHost({
  grants,
  stateDir,
  ledger,
  undo,
  routines,
  switching,
  keys,
  trash: limits,
}: HostOptions): Promise<Host> {
  await mkdir(grants[0].path, { recursive: true, mode: 0o700 })
  const accounts = new Accounts()
  const trash = await Trash.open(join(stateDir, 'trash'), keys.derive('castellan trash v1'), limits)
  return {
    system: new System(),
    processes: new Processes(accounts),
    storage: new Storage(),
    network: new Network(accounts),
    probes: new Probes(),
    systemd: new Systemd(),
    journal: new Journal(),
    nix: new Nix(),
    files: await Files.open(grants, trash, accounts),
    trash,
    sandbox: new Sandbox(await realpath(grants[0].path)),
    ledger,
    undo,
    routines,
    switch: switching,
  }
}

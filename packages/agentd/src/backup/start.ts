import { join } from 'node:path'
import type { LedgerActor } from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'
import type { StateKeys } from '../state/keys.ts'
import { StateFile } from '../state/state-file.ts'
import { Backups } from './backups.ts'
import { BackupKeeper } from './keeper.ts'
import { Recipient, RecipientFile } from './recipient.ts'
import { Unlocked } from './unlocked.ts'

export interface BackupSettings {
  readonly folder?: string | undefined
  readonly keepDaily: number
  readonly keepWeekly: number
  readonly quotaBytes?: number | undefined
}

/** Where backups are kept: agentd's own folder, unless the owner named another disk's. */
export function backupFolder(stateFolder: string, { folder }: BackupSettings): string {
  return folder ?? join(stateFolder, 'backups')
}

/** Backups, and what the operator may do about them. */
export async function startBackups(
  stateFolder: string,
  settings: BackupSettings,
  { keys, ledger, actor }: { keys: StateKeys; ledger: Recorder; actor: LedgerActor },
): Promise<{ backups: Backups; keeper: BackupKeeper }> {
  const recipient = new Recipient(new StateFile(join(stateFolder, 'backup-recipient.json'), RecipientFile))
  const unlocked = new Unlocked()
  const backups = await Backups.open(
    {
      folder: backupFolder(stateFolder, settings),
      retention: { daily: settings.keepDaily, weekly: settings.keepWeekly },
      quotaBytes: settings.quotaBytes,
    },
    { recipient, unlocked, manifestKey: keys.derive('castellan backup manifests v1') },
  )
  return { backups, keeper: new BackupKeeper({ ledger, recipient, unlocked, backups, actor }) }
}

import type { LedgerEntry } from '@castellan/contracts'

const CHANGES = /^(app_(deploy|start|stop|restart|remove)|service_(start|stop|restart)|undo_apply)$/

/** Whether an entry says that an app may be another one now. Which app is secret, as all arguments are. */
export function changesApps({ type, tool }: LedgerEntry): boolean {
  return type === 'outcome' && CHANGES.test(tool ?? '')
}

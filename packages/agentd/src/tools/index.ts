import { ledgerQuery } from './accountability/ledger_query.ts'
import { ledgerVerify } from './accountability/ledger_verify.ts'
import { undoApply } from './accountability/undo_apply.ts'
import { commandRun } from './commands/command_run.ts'
import { sandboxExec } from './commands/sandbox_exec.ts'
import { shellExec } from './commands/shell_exec.ts'
import type { Tool } from './define.ts'
import { directoryList } from './files/directory_list.ts'
import { fileDelete } from './files/file_delete.ts'
import { fileEdit } from './files/file_edit.ts'
import { fileRead } from './files/file_read.ts'
import { fileStat } from './files/file_stat.ts'
import { fileWrite } from './files/file_write.ts'
import { trashList } from './files/trash_list.ts'
import { trashRestore } from './files/trash_restore.ts'
import { journalQuery } from './journal/journal_query.ts'
import { networkListeners } from './network/network_listeners.ts'
import { generationList } from './nixos/generation_list.ts'
import { serviceFailed } from './services/service_failed.ts'
import { serviceList } from './services/service_list.ts'
import { serviceStatus } from './services/service_status.ts'
import { diskUsage } from './system/disk_usage.ts'
import { memoryUsage } from './system/memory_usage.ts'
import { processList } from './system/process_list.ts'
import { systemHealth } from './system/system_health.ts'
import { systemInfo } from './system/system_info.ts'

export type { Tool } from './define.ts'

/** Every tool of agentd, in the order in which listings show them. */
export const tools: readonly Tool[] = [
  systemHealth,
  systemInfo,
  processList,
  memoryUsage,
  diskUsage,
  serviceList,
  serviceStatus,
  serviceFailed,
  journalQuery,
  networkListeners,
  directoryList,
  fileRead,
  fileStat,
  fileWrite,
  fileEdit,
  fileDelete,
  trashList,
  trashRestore,
  generationList,
  commandRun,
  shellExec,
  sandboxExec,
  ledgerQuery,
  ledgerVerify,
  undoApply,
]

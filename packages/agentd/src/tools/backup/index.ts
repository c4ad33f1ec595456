import type { Tool } from '../define.ts'
import { backupCreate } from './backup_create.ts'
import { backupList } from './backup_list.ts'
import { backupRestore } from './backup_restore.ts'
import { backupVerify } from './backup_verify.ts'

export const backupTools: readonly Tool[] = [backupCreate, backupList, backupVerify, backupRestore]

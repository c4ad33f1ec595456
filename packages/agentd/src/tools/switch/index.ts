import type { Tool } from '../define.ts'
import { switchBegin } from './switch_begin.ts'
import { switchCommit } from './switch_commit.ts'
import { switchList } from './switch_list.ts'
import { switchRollback } from './switch_rollback.ts'
import { switchStatus } from './switch_status.ts'

export const switchTools: readonly Tool[] = [switchBegin, switchStatus, switchList, switchCommit, switchRollback]

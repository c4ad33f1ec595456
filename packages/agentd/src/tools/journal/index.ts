import type { Tool } from '../define.ts'
import { bootList } from './boot_list.ts'
import { journalErrors } from './journal_errors.ts'
import { journalQuery } from './journal_query.ts'

export const journalTools: readonly Tool[] = [journalQuery, journalErrors, bootList]

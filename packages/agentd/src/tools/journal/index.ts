import type { Tool } from '../define.ts'
import { journalQuery } from './journal_query.ts'

export const journalTools: readonly Tool[] = [journalQuery]

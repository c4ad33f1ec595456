import type { Tool } from '../define.ts'
import { hardeningScore } from './hardening_score.ts'
import { integrityBaseline } from './integrity_baseline.ts'
import { integrityStatus } from './integrity_status.ts'

export const securityTools: readonly Tool[] = [hardeningScore, integrityStatus, integrityBaseline]

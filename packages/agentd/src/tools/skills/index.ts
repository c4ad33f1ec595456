import type { Tool } from '../define.ts'
import { skillList } from './skill_list.ts'
import { skillPropose } from './skill_propose.ts'
import { skillRead } from './skill_read.ts'

export const skillTools: readonly Tool[] = [skillList, skillRead, skillPropose]

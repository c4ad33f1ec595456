import type { Tool } from '../define.ts'
import { observationList } from './observation_list.ts'
import { patternList } from './pattern_list.ts'

export const learningTools: readonly Tool[] = [observationList, patternList]

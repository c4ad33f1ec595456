import type { Tool } from '../define.ts'
import { generationDiff } from './generation_diff.ts'
import { generationList } from './generation_list.ts'
import { generationPrune } from './generation_prune.ts'
import { generationRollback, generationSwitch } from './generation_switch.ts'

export const nixosTools: readonly Tool[] = [
  generationList,
  generationDiff,
  generationSwitch,
  generationRollback,
  generationPrune,
]

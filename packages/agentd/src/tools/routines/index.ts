import type { Tool } from '../define.ts'
import { routineAdd } from './routine_add.ts'
import { routineHistory } from './routine_history.ts'
import { routineList } from './routine_list.ts'
import { routineRemove } from './routine_remove.ts'
import { routineTrigger } from './routine_trigger.ts'

export const routineTools: readonly Tool[] = [routineList, routineAdd, routineRemove, routineTrigger, routineHistory]

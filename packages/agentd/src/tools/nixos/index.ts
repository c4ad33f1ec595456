import type { Tool } from '../define.ts'
import { generationList } from './generation_list.ts'

export const nixosTools: readonly Tool[] = [generationList]

import type { Tool } from '../define.ts'
import { optimizationApply } from './optimization_apply.ts'
import { optimizationSuggest } from './optimization_suggest.ts'

export const optimizationTools: readonly Tool[] = [optimizationSuggest, optimizationApply]

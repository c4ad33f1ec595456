import type { Tool } from '../define.ts'
import { modelImport } from './model_import.ts'
import { modelList } from './model_list.ts'
import { modelRemove } from './model_remove.ts'
import { modelStatus } from './model_status.ts'
import { modelVerify } from './model_verify.ts'

export const modelTools: readonly Tool[] = [modelList, modelImport, modelStatus, modelVerify, modelRemove]

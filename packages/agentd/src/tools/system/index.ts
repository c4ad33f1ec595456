import type { Tool } from '../define.ts'
import { memoryUsage } from './memory_usage.ts'
import { processList } from './process_list.ts'
import { systemHealth } from './system_health.ts'
import { systemInfo } from './system_info.ts'

export const systemTools: readonly Tool[] = [systemHealth, systemInfo, processList, memoryUsage]

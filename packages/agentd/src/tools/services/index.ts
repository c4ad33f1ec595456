import type { Tool } from '../define.ts'
import { serviceFailed } from './service_failed.ts'
import { serviceList } from './service_list.ts'
import { serviceStatus } from './service_status.ts'

export const serviceTools: readonly Tool[] = [serviceList, serviceStatus, serviceFailed]

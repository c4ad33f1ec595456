import type { Tool } from '../define.ts'
import { diskHealth } from './disk_health.ts'
import { diskList } from './disk_list.ts'
import { diskUsage } from './disk_usage.ts'
import { mountList } from './mount_list.ts'

export const storageTools: readonly Tool[] = [diskList, diskUsage, mountList, diskHealth]

import type { Tool } from '../define.ts'
import { serviceDependencies } from './service_dependencies.ts'
import { serviceFailed } from './service_failed.ts'
import { serviceList } from './service_list.ts'
import { serviceReload } from './service_reload.ts'
import { serviceRestart } from './service_restart.ts'
import { serviceStart } from './service_start.ts'
import { serviceStatus } from './service_status.ts'
import { serviceStop } from './service_stop.ts'
import { timerList } from './timer_list.ts'
import { unitRead } from './unit_read.ts'

export const serviceTools: readonly Tool[] = [
  serviceList,
  serviceStatus,
  serviceStart,
  serviceStop,
  serviceRestart,
  serviceReload,
  serviceFailed,
  unitRead,
  timerList,
  serviceDependencies,
]

import type { Tool } from '../define.ts'
import { hardwareInfo } from './hardware_info.ts'
import { kernelParameterGet } from './kernel_parameter_get.ts'
import { kernelParameterSet } from './kernel_parameter_set.ts'
import { loadHistory } from './load_history.ts'
import { loginList } from './login_list.ts'
import { memoryUsage } from './memory_usage.ts'
import { processList } from './process_list.ts'
import { processSignal } from './process_signal.ts'
import { systemDiscover } from './system_discover.ts'
import { systemHealth } from './system_health.ts'
import { systemInfo } from './system_info.ts'
import { systemReboot } from './system_reboot.ts'
import { systemShutdown } from './system_shutdown.ts'
import { timeStatus } from './time_status.ts'
import { userList } from './user_list.ts'

export const systemTools: readonly Tool[] = [
  systemHealth,
  systemInfo,
  systemDiscover,
  processList,
  processSignal,
  memoryUsage,
  loadHistory,
  hardwareInfo,
  timeStatus,
  userList,
  loginList,
  kernelParameterGet,
  kernelParameterSet,
  systemReboot,
  systemShutdown,
]

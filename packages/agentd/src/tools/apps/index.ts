import type { Tool } from '../define.ts'
import { appDeploy } from './app_deploy.ts'
import { appList } from './app_list.ts'
import { appLogs } from './app_logs.ts'
import { appRemove } from './app_remove.ts'
import { appRestart } from './app_restart.ts'
import { appStart } from './app_start.ts'
import { appStop } from './app_stop.ts'

export const appTools: readonly Tool[] = [appDeploy, appList, appLogs, appStart, appStop, appRestart, appRemove]

import type { Tool } from '../define.ts'
import { watcherAdd } from './watcher_add.ts'
import { watcherList } from './watcher_list.ts'
import { watcherRemove } from './watcher_remove.ts'

export const watcherTools: readonly Tool[] = [watcherList, watcherAdd, watcherRemove]

import type { Tool } from '../define.ts'
import { directoryList } from './directory_list.ts'
import { directoryUsage } from './directory_usage.ts'
import { fileChecksum } from './file_checksum.ts'
import { fileDelete } from './file_delete.ts'
import { fileEdit } from './file_edit.ts'
import { fileMove } from './file_move.ts'
import { fileRead } from './file_read.ts'
import { fileSearch } from './file_search.ts'
import { fileStat } from './file_stat.ts'
import { fileWrite } from './file_write.ts'
import { trashEmpty } from './trash_empty.ts'
import { trashList } from './trash_list.ts'
import { trashRestore } from './trash_restore.ts'

export const fileTools: readonly Tool[] = [
  directoryList,
  directoryUsage,
  fileSearch,
  fileRead,
  fileStat,
  fileChecksum,
  fileWrite,
  fileEdit,
  fileMove,
  fileDelete,
  trashList,
  trashRestore,
  trashEmpty,
]

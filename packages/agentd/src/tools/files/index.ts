import type { Tool } from '../define.ts'
import { directoryList } from './directory_list.ts'
import { fileDelete } from './file_delete.ts'
import { fileEdit } from './file_edit.ts'
import { fileRead } from './file_read.ts'
import { fileStat } from './file_stat.ts'
import { fileWrite } from './file_write.ts'
import { trashList } from './trash_list.ts'
import { trashRestore } from './trash_restore.ts'

export const fileTools: readonly Tool[] = [
  directoryList,
  fileRead,
  fileStat,
  fileWrite,
  fileEdit,
  fileDelete,
  trashList,
  trashRestore,
]

import type { Tool } from '../define.ts'
import { memoryForget } from './memory_forget.ts'
import { memoryList } from './memory_list.ts'
import { memoryRecall } from './memory_recall.ts'
import { memoryStore } from './memory_store.ts'

export const memoryTools: readonly Tool[] = [memoryRecall, memoryList, memoryStore, memoryForget]

import type { Tool } from './define.ts'

/** Every tool of agentd, in the order in which listings show them. */
export const tools: readonly Tool[] = []

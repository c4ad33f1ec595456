import type { Tool } from '../define.ts'
import { networkListeners } from './network_listeners.ts'

export const networkTools: readonly Tool[] = [networkListeners]

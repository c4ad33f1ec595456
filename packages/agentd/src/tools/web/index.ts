import type { Tool } from '../define.ts'
import { searchWeb } from './search_web.ts'
import { webFetch } from './web_fetch.ts'

export const webTools: readonly Tool[] = [searchWeb, webFetch]

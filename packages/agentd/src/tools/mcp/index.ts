import { mcpServerList } from './mcp_server_list.ts'
import { mcpServerRestart } from './mcp_server_restart.ts'
import { mcpServerStart } from './mcp_server_start.ts'
import { mcpServerStop } from './mcp_server_stop.ts'

export const mcpTools = [mcpServerList, mcpServerStart, mcpServerStop, mcpServerRestart]

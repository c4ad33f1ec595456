export { Config } from './config.ts'
export { startAgentd } from './daemon.ts'
export { defineTool, type Tool } from './tools/define.ts'
export { tools } from './tools/index.ts'

export { GatewayConfig } from './config.ts'
export { buildServer, listen, type ServerOptions } from './server.ts'

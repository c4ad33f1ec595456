export { GatewayConfig } from './config.ts'
export { listen } from './listen.ts'
export { buildServer, type ServerOptions } from './server.ts'

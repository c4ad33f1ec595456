export { GatewayConfig } from './config.ts'
export { buildServer, listen, type Timing } from './server.ts'

import type { Tool } from '../define.ts'
import { certificateCheck } from './certificate_check.ts'
import { dnsLookup } from './dns_lookup.ts'
import { firewallStatus } from './firewall_status.ts'
import { httpCheck } from './http_check.ts'
import { networkConnections } from './network_connections.ts'
import { networkInterfaces } from './network_interfaces.ts'
import { networkListeners } from './network_listeners.ts'
import { networkRoutes } from './network_routes.ts'
import { portCheck } from './port_check.ts'

export const networkTools: readonly Tool[] = [
  networkInterfaces,
  networkListeners,
  networkConnections,
  networkRoutes,
  dnsLookup,
  portCheck,
  httpCheck,
  certificateCheck,
  firewallStatus,
]

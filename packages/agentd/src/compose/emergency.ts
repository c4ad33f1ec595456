import type { Approvals } from '../approvals/approvals.ts'
import type { InFlight } from '../calls/in-flight.ts'
import type { Emergency } from '../emergency/emergency.ts'
import type { McpServers } from '../mcp-servers/servers.ts'

export interface StoppedParts {
  readonly inFlight: InFlight
  readonly approvals: Approvals
  readonly mcpServers: McpServers
}

/** What stops when agents are frozen: first what runs, then what people were asked, then programs of others. */
export function stopInEmergency(emergency: Emergency, { inFlight, approvals, mcpServers }: StoppedParts): void {
  emergency.add({ freeze: (why) => inFlight.stopAgents(why), thaw: () => undefined })
  emergency.add({ freeze: () => approvals.sweep(), thaw: () => undefined })
  // Not waited for: one that is just starting takes its time.
  emergency.add({ freeze: () => void mcpServers.stopAll(), thaw: () => void mcpServers.startAll() })
}

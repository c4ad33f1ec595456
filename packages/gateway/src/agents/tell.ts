import type { ServerFrame } from '@castellan/contracts'
import type { Audience } from '../chat/audience.ts'
import type { Agents } from './agents.ts'

/** Whoever has a chat open is told when agents.json was refused, and that nothing changed by it. */
export function tellAgents(agents: Agents, audience: Audience): void {
  agents.onProblem(({ message }) => {
    const frame: ServerFrame = { type: 'notice', text: `${message} The agents from before stay in force.` }
    audience.tell(JSON.stringify(frame))
  })
}

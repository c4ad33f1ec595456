import { AgentName } from '@castellan/contracts'
import type { KeptRoutine, RoutineCall } from './routine.ts'

/** What a new installation looks at by itself. All of it only reads; the owner may remove or replace any. */
export function defaultRoutines(now: number): KeptRoutine[] {
  const at = new Date(now).toISOString()
  const routine = (name: string, description: string, minutes: number, call: RoutineCall): KeptRoutine => ({
    name: AgentName.parse(name),
    description,
    timing: { everySeconds: minutes * 60 },
    calls: [call],
    jitterSeconds: 20,
    catchUp: 'skip',
    onFailure: 'stop',
    agreed: false,
    createdBy: { kind: 'system', name: 'agentd' },
    createdAt: at,
    dueUpTo: at,
  })
  return [
    routine('health', 'Load, memory and disks.', 5, { tool: 'system_health', args: {} }),
    routine('failed-services', 'Services that failed.', 10, { tool: 'service_failed', args: {} }),
    routine('log-scan', 'Errors in the journal, grouped by message.', 15, {
      tool: 'journal_errors',
      args: { since: '15 minutes' },
    }),
  ]
}

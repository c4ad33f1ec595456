import {
  Containment,
  type Incident,
  IncidentClass,
  IncidentSeverity,
  IncidentStep,
  LedgerIndex,
  Timestamp,
} from '@castellan/contracts'
import { z } from 'zod'

export const idField = z.string().min(1).max(80).describe('Id of the incident, as incident_list shows it: inc_…')

export const shownIncident = z.strictObject({
  id: z.string(),
  class: IncidentClass,
  subject: z.string().describe('Whom or what it is about.'),
  summary: z.string(),
  severity: IncidentSeverity.describe('It grows with the count and with time.'),
  state: z.enum(['open', 'contained', 'resolved']),
  count: z.int().describe('How often it was seen.'),
  firstAt: Timestamp,
  lastAt: Timestamp,
  steps: z.array(IncidentStep).describe('What was found and done, oldest first.'),
  evidence: z.array(LedgerIndex).describe('Ledger numbers of what tells of it.'),
  containment: z.array(Containment).describe('What keeps it from going on, and how that was seen to hold.'),
})

export function presentIncident({ first_at, last_at, ...rest }: Incident): z.infer<typeof shownIncident> {
  return { ...rest, firstAt: first_at, lastAt: last_at }
}

export const incidentResource = ({ id }: { readonly id: string }) => [
  { kind: 'machine' as const, id: `incident:${id}`, access: 'write' as const },
]

import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { presentIncident, shownIncident } from './fields.ts'

export const incidentCreate = defineTool({
  name: 'incident_create',
  title: 'Report an incident',
  description:
    'Puts something that went wrong on record for the operator. The same subject reported again while it is open counts ' +
    'towards the same incident.',
  input: z.strictObject({
    subject: z.string().min(1).max(200).describe('What it is about, e.g. "nginx.service" or "disk /dev/sda".'),
    summary: z.string().min(1).max(1000).describe('What was seen, in a sentence or two.'),
  }),
  output: z.strictObject({ incident: shownIncident }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 30 },
  summary: ({ incident }) =>
    incident.count === 1
      ? `Incident ${incident.id} is open: ${incident.summary}`
      : `Incident ${incident.id} about ${incident.subject} was reported before; it now counts ${incident.count}.`,
  resources: ({ subject }) => [{ kind: 'machine', id: `incident:${subject}`, access: 'write' }],
  preview: async ({ subject, summary }) => ({
    effects: [`The operator is told about ${subject}: ${summary}`],
    undo: 'An incident stays on record; it can be resolved.',
  }),
  run: async ({ subject, summary }, { host }) => ({
    incident: presentIncident(host.incidents.raise({ class: 'reported', subject, summary })),
  }),
})

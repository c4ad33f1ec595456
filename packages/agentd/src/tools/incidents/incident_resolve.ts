import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { idField, incidentResource, presentIncident, shownIncident } from './fields.ts'

export const incidentResolve = defineTool({
  name: 'incident_resolve',
  title: 'Resolve an incident',
  description: 'Closes an incident that was mended, saying how. When the same is seen again it is another incident.',
  input: z.strictObject({
    id: idField,
    resolution: z.string().min(1).max(2000).describe('How it was mended, and why it will not come back.'),
  }),
  output: z.strictObject({ incident: shownIncident }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 60 },
  summary: ({ incident }) => `Incident ${incident.id} about ${incident.subject} is resolved.`,
  resources: incidentResource,
  preview: async ({ id, resolution }, { host }) => {
    const { class: of, subject, summary, count } = host.incidents.get(id)
    return {
      effects: [`Incident ${of} about ${subject}, seen ${count}×: ${summary}`, `Closes it: ${resolution}`],
      undo: 'A resolved incident stays resolved; create another one if it comes back.',
    }
  },
  run: async ({ id, resolution }, { host, call }) => ({
    incident: presentIncident(await host.incidents.resolve(id, call.agent, resolution)),
  }),
})

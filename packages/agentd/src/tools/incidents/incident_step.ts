import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { idField, incidentResource, presentIncident, shownIncident } from './fields.ts'

export const incidentStep = defineTool({
  name: 'incident_step',
  title: 'Note a step on an incident',
  description:
    'Adds what was found or done about an incident to its time line; with contained, says that it cannot go on.',
  input: z.strictObject({
    id: idField,
    note: z.string().min(1).max(2000).describe('What was found or done.'),
    contained: z.boolean().default(false).describe('Whether it cannot go on from here, though it is not mended.'),
  }),
  output: z.strictObject({ incident: shownIncident }),
  effect: 'change',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 60 },
  summary: ({ incident }) => `Noted on incident ${incident.id}, which is ${incident.state}: ${incident.subject}.`,
  resources: incidentResource,
  preview: async ({ id, note }, { host }) => {
    const { class: of, subject, summary, count } = host.incidents.get(id)
    return {
      effects: [`Incident ${of} about ${subject}, seen ${count}×: ${summary}`, `Adds to its time line: ${note}`],
      undo: 'The time line only grows.',
    }
  },
  run: async ({ id, note, contained }, { host, call }) => ({
    incident: presentIncident(await host.incidents.step(id, call.agent, note, contained)),
  }),
})

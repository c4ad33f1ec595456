import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentIncident, shownIncident } from './fields.ts'

export const incidentList = defineTool({
  name: 'incident_list',
  title: 'Incidents',
  description:
    'What went wrong on this machine that the operator should know of, newest first, with what was found and done.',
  input: z.strictObject({
    state: z.enum(['open', 'contained', 'resolved']).optional().describe('Only incidents in this state.'),
    limit: limitField(200, 20, 'incidents'),
    offset: z.int().min(0).default(0).describe('Incidents to skip, to see older ones.'),
  }),
  output: z.strictObject({ incidents: z.array(shownIncident), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // Summaries quote what was seen.
  taints: ({ incidents }) => (incidents.length === 0 ? [] : ['untrusted-text']),
  summary: ({ incidents, total }) => {
    if (total === 0) return 'There is no incident.'
    const pending = incidents.filter(({ state }) => state !== 'resolved')
    const named = list(
      pending.map(({ class: of, subject, count: times }) => `${of} (${subject}, seen ${times}×)`),
      4,
    )
    return `${count(total, 'incident')}; ${pending.length === 0 ? 'all shown are resolved' : `not resolved: ${named}`}.`
  },
  run: async ({ state, limit, offset }, { host }) => {
    const all = host.incidents.list().filter((incident) => state === undefined || incident.state === state)
    const incidents = fitting(all.slice(offset, offset + limit).map(presentIncident), readLimits.outputBytes)
    return { incidents, total: all.length, truncated: offset + incidents.length < all.length }
  },
})

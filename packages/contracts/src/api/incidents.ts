import { z } from 'zod'
import { IncidentId } from '../ids.ts'
import { RecoveryRequest, RecoveryStep } from '../incidents.ts'
import { IncidentView } from './machine.ts'
import { defineOperation } from './operation.ts'
import { SIGNED_ERRORS, SignedWord, signedExample } from './signed.ts'

/** The way back from an incident: what is done, what comes next, and what after it. */
export const RecoveryView = z.strictObject({ incident: IncidentView, steps: z.array(RecoveryStep) })
export type RecoveryView = z.infer<typeof RecoveryView>

const incident: z.input<typeof IncidentView> = {
  id: 'inc_hB9mWkqzP0aYt3Q2',
  class: 'tool_call_burst',
  subject: 'main',
  summary: 'main made 400 calls within a minute.',
  severity: 'high',
  state: 'contained',
  count: 1,
  firstAt: '2026-11-21T02:00:00.000Z',
  lastAt: '2026-11-21T02:00:00.000Z',
  steps: [],
  evidence: [1204],
  containment: [
    {
      action: 'freeze_agents',
      state: 'in_force',
      at: '2026-11-21T02:00:00.500Z',
      by: 'rule',
      verified: 'A call was refused.',
      ref: 'frz_hB9mWkqzP0aYt3Q2',
    },
  ],
}
const steps: z.input<typeof RecoveryStep>[] = [
  { step: 'cause', text: 'Sees whether what caused it is gone.', state: 'next' },
  { step: 'lift:freeze_agents', text: 'Lets agents act again.', state: 'later' },
  { step: 'resolve', text: 'Closes the incident.', state: 'later' },
]
const params = z.strictObject({ incident_id: IncidentId })
const example = { incident_id: incident.id }

export const getIncident = defineOperation({
  id: 'getIncident',
  method: 'GET',
  path: '/api/v1/incidents/{incident_id}',
  tag: 'incidents',
  summary: 'One incident',
  description: 'Also while agents are frozen, as that may be how it is contained.',
  scope: 'admin',
  params,
  status: 200,
  answer: IncidentView,
  errors: ['not_found', 'agentd_unavailable'],
  example: { params: example, answer: incident },
})

export const getRecovery = defineOperation({
  id: 'getRecovery',
  method: 'GET',
  path: '/api/v1/incidents/{incident_id}/recovery',
  tag: 'incidents',
  summary: 'The way back from an incident, in order',
  description: 'What is checked, what is lifted, and which step is next. Reading it changes nothing.',
  scope: 'admin',
  params,
  status: 200,
  answer: RecoveryView,
  errors: ['not_found', 'agentd_unavailable'],
  example: { params: example, answer: { incident, steps } },
})

export const takeRecoveryStep = defineOperation({
  id: 'takeRecoveryStep',
  method: 'POST',
  path: '/api/v1/incidents/{incident_id}/recovery',
  tag: 'incidents',
  summary: 'Take the next step back, on an operator’s word',
  description:
    'Signed over `castellan recovery v1`, the id of the incident, the step, `checked` or `forced`, the reason as JSON and the time, a line ' +
    'each and each ended by a line feed. `cause` looks whether what caused it is gone, and is refused with `cause_persists` where it is ' +
    'not, unless it is forced with a reason; `lift:…` lifts one containment; `resolve` closes the incident. Out of turn: `conflict`.',
  scope: 'admin',
  params,
  body: SignedWord.extend(RecoveryRequest.shape),
  status: 200,
  answer: RecoveryView,
  errors: ['not_found', 'conflict', 'cause_persists', ...SIGNED_ERRORS],
  example: { params: example, body: { step: 'cause', ...signedExample }, answer: { incident, steps } },
})

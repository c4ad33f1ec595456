import { z } from 'zod'
import { LedgerIndex, Timestamp } from '../ids.ts'
import { Containment, IncidentClass, IncidentSeverity, IncidentStep } from '../incidents.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/**
 * What the machine has to tell, read by tools on the same path as every call: policy can forbid it, and it is on record.
 * Hence what such a read can be refused with.
 */
export const READ_ERRORS = [
  'policy_denied',
  'budget_exceeded',
  'agents_frozen',
  'rate_limited',
  'deadline_exceeded',
  'ledger_unavailable',
  'ledger_damaged',
  'agentd_unavailable',
] as const

/** A NixOS generation, as the tool `generation_list` shows it. */
export const Generation = z.strictObject({
  number: z.int(),
  createdAt: Timestamp,
  /** Whether the system profile points to it. */
  current: z.boolean(),
  path: z.string(),
  nixosVersion: z.string().nullable(),
  kernelVersion: z.string().nullable(),
})
export const GenerationPage = pageOf(Generation)

export const listGenerations = defineOperation({
  id: 'listGenerations',
  method: 'GET',
  path: '/api/v1/generations',
  tag: 'generations',
  summary: 'NixOS generations, newest first',
  description: 'On a host without NixOS it answers `unsupported_host` and says what would make it work.',
  scope: 'read',
  query: PageQuery,
  status: 200,
  answer: GenerationPage,
  errors: [...READ_ERRORS, 'unsupported_host'],
  example: {
    answer: {
      items: [
        {
          number: 42,
          createdAt: '2026-11-20T21:00:00.000Z',
          current: true,
          path: '/nix/store/0c0v4p5bq9q2bf4pyl3x5yk2mdd7lg0a-nixos-system-host-26.05',
          nixosVersion: '26.05',
          kernelVersion: '6.18.2',
        },
      ],
      next_cursor: null,
    },
  },
})

/** A switch between systems, as the tool `switch_list` shows it; docs/safeswitch.md has the phases. */
export const Switch = z.strictObject({
  id: z.string(),
  phase: z.string(),
  from: z.string(),
  to: z.string(),
  generation: z.int().nullable(),
  beganAt: Timestamp,
  enteredAt: Timestamp,
  outcome: z.string().nullable(),
})
export const SwitchPage = pageOf(Switch)

const switched = {
  id: 'sw_0aYt3Q2hB9mW',
  phase: 'committed',
  from: '/nix/store/0c0v4p5bq9q2bf4pyl3x5yk2mdd7lg0a-nixos-system-host-26.05',
  to: '/nix/store/1d1w5q6cr0r3cg5qzm4y6zl3nee8mh1b-nixos-system-host-26.05',
  generation: 42,
  beganAt: '2026-11-20T21:00:00.000Z',
  enteredAt: '2026-11-20T21:02:00.000Z',
  outcome: null,
}

export const listSwitches = defineOperation({
  id: 'listSwitches',
  method: 'GET',
  path: '/api/v1/switches',
  tag: 'switches',
  summary: 'Switches between systems, newest first, with how each ended',
  scope: 'read',
  query: PageQuery,
  status: 200,
  answer: SwitchPage,
  errors: [...READ_ERRORS, 'unsupported_host'],
  example: { answer: { items: [switched], next_cursor: null } },
})

const SystemRef = z.strictObject({ path: z.string(), generation: z.int().nullable() })

/** One switch with its steps and findings, as the tool `switch_status` shows it. */
export const SwitchDetail = z.strictObject({
  id: z.string(),
  phase: z.string(),
  over: z.boolean(),
  waitsFor: z.enum(['nothing', 'checks', 'person', 'boot']),
  outcome: z.string().nullable(),
  reason: z.string(),
  from: SystemRef,
  to: SystemRef,
  beganAt: Timestamp,
  enteredAt: Timestamp,
  confirm: z.enum(['health', 'operator', 'both']),
  confirmedBy: z.string().nullable(),
  findings: z.array(z.strictObject({ check: z.string(), required: z.boolean(), message: z.string() })),
  notices: z.array(z.string()),
  steps: z.array(z.strictObject({ phase: z.string(), at: Timestamp, note: z.string() })),
})
export type SwitchDetail = z.infer<typeof SwitchDetail>

export const getSwitch = defineOperation({
  id: 'getSwitch',
  method: 'GET',
  path: '/api/v1/switches/{switch_id}',
  tag: 'switches',
  summary: 'One switch with every step',
  scope: 'read',
  params: z.strictObject({
    switch_id: z.string().regex(/^sw_[0-9A-Za-z]{12}$/, 'must look like sw_ and twelve letters or digits'),
  }),
  status: 200,
  answer: SwitchDetail,
  errors: [...READ_ERRORS, 'unsupported_host', 'not_found'],
  example: {
    params: { switch_id: switched.id },
    answer: {
      id: switched.id,
      phase: 'committed',
      over: true,
      waitsFor: 'nothing',
      outcome: null,
      reason: 'nginx 1.29',
      from: { path: switched.from, generation: 41 },
      to: { path: switched.to, generation: 42 },
      beganAt: switched.beganAt,
      enteredAt: switched.enteredAt,
      confirm: 'health',
      confirmedBy: null,
      findings: [],
      notices: [],
      steps: [{ phase: 'built', at: switched.beganAt, note: 'The system is built.' }],
    },
  },
})

/** Something that went wrong, as the tool `incident_list` shows it. */
export const IncidentView = z.strictObject({
  id: z.string(),
  class: IncidentClass,
  subject: z.string(),
  summary: z.string(),
  severity: IncidentSeverity,
  state: z.enum(['open', 'contained', 'resolved']),
  count: z.int(),
  firstAt: Timestamp,
  lastAt: Timestamp,
  steps: z.array(IncidentStep),
  /** Ledger numbers of what tells of it. */
  evidence: z.array(LedgerIndex),
  containment: z.array(Containment),
})
export type IncidentView = z.infer<typeof IncidentView>
export const IncidentPage = pageOf(IncidentView)

export const listIncidents = defineOperation({
  id: 'listIncidents',
  method: 'GET',
  path: '/api/v1/incidents',
  tag: 'incidents',
  summary: 'What went wrong, newest first',
  description:
    'Report, follow up and resolve one by the tools `incident_create`, `incident_step` and `incident_resolve`.',
  scope: 'read',
  query: PageQuery.extend({ state: z.enum(['open', 'contained', 'resolved']).optional() }),
  status: 200,
  answer: IncidentPage,
  errors: READ_ERRORS,
  example: {
    query: { state: 'open' },
    answer: {
      items: [
        {
          id: 'inc_hB9mWkqzP0aYt3Q2',
          class: 'reported',
          subject: 'nginx.service',
          summary: 'It restarted eleven times within an hour.',
          severity: 'low',
          state: 'open',
          count: 1,
          firstAt: '2026-11-21T02:00:00.000Z',
          lastAt: '2026-11-21T02:00:00.000Z',
          steps: [],
          evidence: [1204],
          containment: [],
        },
      ],
      next_cursor: null,
    },
  },
})

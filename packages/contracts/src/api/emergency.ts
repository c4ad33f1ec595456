import { z } from 'zod'
import { FreezeState } from '../emergency.ts'
import { FreezeId } from '../ids.ts'
import { defineOperation } from './operation.ts'
import { SIGNED_ERRORS, SignedWord, signedExample } from './signed.ts'

const freeze = {
  id: 'frz_hB9mWkqzP0aYt3Q2',
  level: 1 as const,
  at: '2026-11-21T03:00:00.000Z',
  reason: 'It restarts services that nobody asked it to.',
}

export const getFreeze = defineOperation({
  id: 'getFreeze',
  method: 'GET',
  path: '/api/v1/freeze',
  tag: 'emergency',
  summary: 'Whether agents are frozen, since when and why',
  scope: 'read',
  status: 200,
  answer: FreezeState,
  errors: ['agentd_unavailable'],
  example: { answer: { freeze: null } },
})

/** Who wants it, over the text that `emergencyText` makes. */
export const EmergencyWord = SignedWord.extend({
  /** For the ledger. */
  reason: z.string().trim().max(500).default(''),
})
export type EmergencyWord = z.infer<typeof EmergencyWord>

const errors = ['conflict', ...SIGNED_ERRORS] as const
const word = { reason: freeze.reason, ...signedExample }

export const freezeAgents = defineOperation({
  id: 'freezeAgents',
  method: 'POST',
  path: '/api/v1/freeze',
  tag: 'emergency',
  summary: 'Stop all agents at once',
  description:
    'Level 1 of the emergency stop: running calls are stopped, questions withdrawn, new calls refused, over restarts. Needs an ' +
    'operator’s signature over `castellan emergency v1`, `freeze`, the reason as JSON and the time, a line each and each ended by a ' +
    'line feed. The levels beyond are `agentctl panic` on the machine itself.',
  scope: 'admin',
  body: EmergencyWord,
  status: 200,
  answer: FreezeState,
  errors,
  example: { body: word, answer: { freeze } },
})

export const thawAgents = defineOperation({
  id: 'thawAgents',
  method: 'POST',
  path: '/api/v1/thaw',
  tag: 'emergency',
  summary: 'Let agents act again',
  description:
    'Ends exactly the freeze that is named; signed as a freeze is, with the lines `thaw` and the id of the freeze in the place of `freeze`.',
  scope: 'admin',
  body: EmergencyWord.extend({ freeze: FreezeId }),
  status: 200,
  answer: FreezeState,
  errors,
  example: { body: { ...word, freeze: freeze.id }, answer: { freeze: null } },
})

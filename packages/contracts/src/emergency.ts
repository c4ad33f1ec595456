import { z } from 'zod'
import { ApprovalProof } from './approvals.ts'
import { FreezeId, IncidentId, Timestamp } from './ids.ts'

/**
 * How far the operator goes. 1: no agent acts, engine and airlock stop, services stay. 2: also back to the system before,
 * and the credentials leave the gateway's memory. 3: also Castellan's keys and stores are wiped.
 */
export const PanicLevel = z.literal([1, 2, 3])
export type PanicLevel = z.infer<typeof PanicLevel>

/** Why and since when no agent acts. */
export const Freeze = z.strictObject({
  id: FreezeId,
  level: PanicLevel,
  at: Timestamp,
  reason: z.string().max(2000),
  /** The incident whose containment froze them; absent where it was the operator's own word. */
  incident: IncidentId.optional(),
})
export type Freeze = z.infer<typeof Freeze>

/** `GET /v1/freeze` on both sockets, and the answer to a panic and a thaw. */
export const FreezeState = z.strictObject({ freeze: Freeze.nullable() })
export type FreezeState = z.infer<typeof FreezeState>

/** `POST /v1/panic` on operator.sock. What is beyond freezing agents, `agentctl panic` does itself. */
export const PanicRequest = z.strictObject({ level: PanicLevel, reason: z.string().trim().max(2000).default('') })
export type PanicRequest = z.input<typeof PanicRequest>

/** `POST /v1/thaw` on operator.sock: agents may act again. */
export const ThawRequest = z.strictObject({ reason: z.string().trim().max(2000).default('') })
export type ThawRequest = z.input<typeof ThawRequest>

const SignedReason = z.string().trim().max(500).default('')

/** `POST /v1/freeze` on agent.sock: level 1, by an operator's signature over {@link emergencyText}; `at` is at most five minutes ago. */
export const SignedFreeze = z.strictObject({ reason: SignedReason, at: Timestamp, proof: ApprovalProof })
export type SignedFreeze = z.infer<typeof SignedFreeze>

/** `POST /v1/thaw` on agent.sock: ends exactly that freeze, likewise signed. */
export const SignedThaw = SignedFreeze.extend({ freeze: FreezeId })
export type SignedThaw = z.infer<typeof SignedThaw>

/** The exact bytes (UTF-8) that such a proof covers. `freeze` is the id of the freeze that is ended, and absent where one begins. */
export function emergencyText(signed: {
  readonly reason: string
  readonly at: string
  readonly freeze?: string
}): string {
  const { reason, at, freeze } = signed
  const act = freeze === undefined ? ['freeze'] : ['thaw', freeze]
  return ['castellan emergency v1', ...act, JSON.stringify(reason), at, ''].join('\n')
}

/** What happened in an emergency and is not in the ledger yet, because agentd or its ledger was away. */
export const EmergencyEvent = z.strictObject({
  kind: z.enum(['frozen', 'thawed', 'wiped']),
  freeze: Freeze,
  at: Timestamp,
  /** In a person's words, or what was wiped. */
  note: z.string().max(4000),
})
export type EmergencyEvent = z.infer<typeof EmergencyEvent>

/** Where in the state folder an emergency is written down. */
export const EMERGENCY_FOLDER = 'agentd/emergency'
/** In that folder: while it is there, agents are frozen, whatever it contains. */
export const FROZEN_FILE = 'frozen.json'

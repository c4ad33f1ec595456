import { z } from 'zod'
import { AgentName, CredentialId, Sha256Hex } from '../ids.ts'
import { Count, outcome, Word } from './fields.ts'

/** Records about agents and what they think with. `by` names a credential of the API as logs do, never a token. */
export const agentRecords = [
  z.strictObject({
    type: z.literal('engine_changed'),
    agent: AgentName,
    from: Word,
    to: Word,
    credential: CredentialId.optional(),
    /** The conversation went on with another engine or credential by itself. */
    failover: z.boolean(),
    by: Word.optional(),
  }),
  /** The engine of this machine answers with another model from now on; digests are SHA-256 of their files. */
  z.strictObject({
    type: z.literal('model_chosen'),
    from: Sha256Hex.optional(),
    to: Sha256Hex,
    /** Whether it is the one of the engine's configuration. */
    configured: z.boolean(),
    by: Word.optional(),
  }),
  /** agents.json was read anew, or refused and the old one kept (`ok` false). */
  z.strictObject({
    type: z.literal('agent_config_changed'),
    agents: Count,
    digest: Sha256Hex,
    by: Word.optional(),
    ...outcome,
  }),
] as const

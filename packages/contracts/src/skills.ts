import { z } from 'zod'
import { LedgerIndex, Sha256Hex, ToolName } from './ids.ts'
import { TaintLabel } from './tools.ts'

/** A skill's name, which is its folder's name too: lower case words with hyphens (the SKILL.md convention). */
export const SkillName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower case words with hyphens, at most 64 characters')
export type SkillName = z.infer<typeof SkillName>

/** Where a skill comes from: Castellan itself, a folder of the owner's, or a proposal that the owner accepted. */
export const SkillOrigin = z.enum(['shipped', 'owner', 'accepted'])
export type SkillOrigin = z.infer<typeof SkillOrigin>

/** A file, or a proposal, that is not among the skills, and why; one sentence that says what to do. */
export const RefusedSkill = z.strictObject({ where: z.string(), reason: z.string() })
export type RefusedSkill = z.infer<typeof RefusedSkill>

/** A skill that an agent drafted from what it did again and again. It is no skill until the owner accepts it. */
export const SkillProposal = z.strictObject({
  name: SkillName,
  description: z.string(),
  state: z.enum(['pending', 'accepted', 'rejected']),
  /** The whole SKILL.md, front matter included. It never changes: what was shown is what is accepted. */
  text: z.string(),
  sha256: Sha256Hex,
  /** The sequence it was drafted from, and how often that was seen, in how many sessions. */
  tools: z.array(ToolName),
  times: z.int().min(1),
  sessions: z.int().min(1),
  proposed_at: z.iso.datetime(),
  proposed_by: z.string().max(80),
  /** What the session that drafted it had taken in: words somebody else chose may have got into it. */
  labels: z.array(TaintLabel),
  decided_at: z.iso.datetime().nullable(),
})
export type SkillProposal = z.infer<typeof SkillProposal>

/** `GET /v1/skills` on operator.sock. */
export const SkillListing = z.strictObject({
  skills: z.array(
    z.strictObject({
      name: SkillName,
      description: z.string(),
      origin: SkillOrigin,
      /** Absent for what is kept in agentd's state. */
      path: z.string().optional(),
    }),
  ),
  /** Newest first. */
  proposals: z.array(SkillProposal),
  refused: z.array(RefusedSkill),
})
export type SkillListing = z.infer<typeof SkillListing>

/** `GET /v1/skills/:name` on operator.sock: a skill's whole text, front matter included. */
export const SkillText = z.strictObject({ name: SkillName, origin: SkillOrigin, text: z.string() })
export type SkillText = z.infer<typeof SkillText>

/** `POST /v1/skills/:name/decision` on operator.sock. Rejecting one that was accepted takes it out again. */
export const SkillDecision = z.strictObject({ verdict: z.enum(['accept', 'reject']) })
export type SkillDecision = z.infer<typeof SkillDecision>

/** Its answer: the proposal as it stands now, and the ledger entry that says so. */
export const SkillDecided = z.strictObject({ proposal: SkillProposal, index: LedgerIndex })
export type SkillDecided = z.infer<typeof SkillDecided>

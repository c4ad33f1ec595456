import type { RefusedSkill, SkillOrigin, SkillProposal, TaintLabel } from '@castellan/contracts'

/** How to go about a task on this host: text for a model and for a person. It grants nothing. */
export interface Skill {
  readonly name: string
  readonly description: string
  readonly origin: SkillOrigin
  /** Canonical path of its SKILL.md; null for one that is kept in agentd's state. */
  readonly path: string | null
  /** Tools that its front matter names (`allowed-tools`), as it writes them. */
  readonly tools: readonly string[]
  /** The whole file, front matter included. */
  readonly text: string
  /** Whether somebody else than root and the owner of this server may have written it. */
  readonly untrusted: boolean
}

export interface Skills {
  /** By name. */
  readonly skills: readonly Skill[]
  /** Files that are no skills, and why. */
  readonly refused: readonly RefusedSkill[]
}

/** What a proposal is made of. `text` is the whole SKILL.md. */
export type NewSkillProposal = Pick<SkillProposal, 'name' | 'description' | 'text' | 'tools' | 'times' | 'sessions'> & {
  readonly by: string
  readonly labels: readonly TaintLabel[]
}

/** The skills there are. agentd's `skills/` provides it. */
export interface SkillsPort {
  /** Read anew each time: a file that is put into a folder is there at once. */
  all(signal: AbortSignal): Promise<Skills>
  /** Canonical paths of the owner's folders, as far as they are there: what reading all skills reads. */
  ownerFolders(): Promise<readonly string[]>
  /** Throws `not_found`, naming near misses. */
  find(name: string, signal: AbortSignal): Promise<Skill>
  /** Those with any of the words, best first. `score`: higher fits better, comparable within one answer only. */
  rank(about: string, skills: readonly Skill[]): readonly { readonly skill: Skill; readonly score: number }[]
  /** A tool's title, effect and the arguments that it needs; undefined where there is no such tool. */
  tool(name: string): SkillTool | undefined
  /** Whether a proposal of that name could be made now. Throws `conflict` or `too_large`. */
  mayPropose(name: string, signal: AbortSignal): Promise<void>
  /** Keeps it for the owner to decide. Throws as {@link mayPropose} does, `invalid_arguments` where it is no skill. */
  propose(proposal: NewSkillProposal, signal: AbortSignal): Promise<SkillProposal>
}

/** What a draft says of a tool. */
export interface SkillTool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly effect: 'read' | 'change' | 'destroy'
  /** Arguments that have to be given, with what they mean. */
  readonly needs: readonly { readonly name: string; readonly what: string }[]
}

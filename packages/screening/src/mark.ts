/** Why something was marked. Stable: programs match on it. */
export type Reason =
  /** Tells the reader to drop what it was told before. */
  | 'override'
  /** Gives the reader another role, or fewer limits. */
  | 'role'
  /** Speaks to a model rather than to a person. */
  | 'address'
  /** Asks for the model's own instructions. */
  | 'prompt_leak'
  /** Wants something kept from the owner, or done without asking. */
  | 'conceal'
  /** Says that it speaks for the owner, the system or a developer. */
  | 'authority'
  /** Wants a tool called, something sent away, or something put into the answer. */
  | 'act'
  /** Looks like the frame of a conversation: template tokens, roles, results of tools. */
  | 'frame'
  /** An address built to carry data away. */
  | 'exfiltration'
  /** Characters that people do not see, where they have no business. */
  | 'invisible'
  /** Words spelt with letters of several scripts that look alike. */
  | 'mixed_script'
  /** Stands where people who look at the rendered page do not see it. */
  | 'hidden_place'

/** One span that speaks for an injection. */
export interface Mark {
  readonly reason: Reason
  /** Where in the text that was given, in UTF-16 units. */
  readonly start: number
  readonly end: number
  /** How much it says by itself, 0 to 1. */
  readonly weight: number
  /** What had to be undone to read it, outermost first: `base64`, `rot13`, `spaced`, …. Empty for what stands there plainly. */
  readonly via: readonly string[]
}

/** `clean`: nothing worth mention. `suspect`: told to the model and counted. `injection`: an incident as well. */
export type Verdict = 'clean' | 'suspect' | 'injection'

export interface Screening {
  readonly verdict: Verdict
  /** 0 to 1: that of the densest stretch of the text. */
  readonly score: number
  /** In the order in which they stand; at most 64. */
  readonly marks: readonly Mark[]
  /** Each reason once, the weightiest first. */
  readonly reasons: readonly Reason[]
  /** False where the text was longer than what is looked at: its middle was not. */
  readonly whole: boolean
}

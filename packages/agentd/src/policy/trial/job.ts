import type { Sha256Hex } from '@castellan/contracts'
import type { Difference } from '../compare.ts'
import type { PolicyDecision, PolicyQuestion } from '../policy.ts'
import type { PolicyProblem, RuleText } from '../read-rules.ts'
import type { Rule } from '../rule.ts'
import type { PlainTool } from './plain-tool.ts'

/** A question whose tool goes by its name. */
export type PlainQuestion = Omit<PolicyQuestion, 'tool'> & { readonly tool: string }

/** What the thread is given. */
export interface Job {
  /** The rules in force. */
  readonly before: readonly Rule[]
  /** The owner's files as they would be. */
  readonly files: readonly RuleText[]
  readonly tools: readonly PlainTool[]
  readonly questions: readonly PlainQuestion[]
  /** How long every kind of call is compared, in milliseconds; 0 for not at all. */
  readonly kindsMs: number
}

/** What came of rules that are a policy. */
export type Valid = Extract<Verdict, { kind: 'valid' }>

/** What comes of it. `answers` stand in the order of the questions. */
export type Verdict =
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] }
  | {
      readonly kind: 'valid'
      readonly digest: Sha256Hex
      readonly rules: readonly Pick<Rule, 'id' | 'text'>[]
      /** Whether it denies anything to the operator that was not denied before. */
      readonly deniesOperator: boolean
      readonly people: 1 | 2
      readonly answers: readonly { readonly before: PolicyDecision; readonly after: PolicyDecision }[]
      readonly kinds: {
        readonly asked: number
        readonly complete: boolean
        readonly changed: number
        readonly differences: readonly Difference[]
      }
    }

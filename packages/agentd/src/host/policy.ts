import type { PolicyExplainRequest, PolicyExplanation } from '@castellan/contracts'

/** Asking policy without doing anything. */
export interface PolicyPort {
  /** What policy would decide about a call, and why. Throws `unknown_tool` and `invalid_arguments`. */
  explain(request: PolicyExplainRequest): Promise<PolicyExplanation>
}

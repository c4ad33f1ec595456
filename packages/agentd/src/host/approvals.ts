import type { Approval, CallOrigin } from '@castellan/contracts'

/** What asking ahead came to: a question, or the rule by which nobody has to be asked. */
export type AskedAhead =
  | { readonly needed: true; readonly approval: Approval }
  | { readonly needed: false; readonly reason: string }

/** Asking people, and how they answered: of the calling session only. agentd's `approvals/` provides it. */
export interface ApprovalsPort {
  /** The session's own questions, newest first; those settled more than an hour ago are gone. */
  list(call: CallOrigin): readonly Approval[]
  /** Throws `approval_unknown` for every approval that is not the session's own. */
  get(id: string, call: CallOrigin): Approval
  /**
   * Asks a person about a call that is not made yet. A yes is used up by the session's next such call. Throws what making
   * the call would be refused with.
   */
  ask(tool: string, args: Readonly<Record<string, unknown>>, call: CallOrigin, signal: AbortSignal): Promise<AskedAhead>
}

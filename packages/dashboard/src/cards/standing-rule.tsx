import type { StandingRule as Rule } from '@castellan/contracts'
import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'

export interface StandingRuleProps {
  readonly always: Rule
  /** Whether the question can still be answered here. */
  readonly open: boolean
  readonly confirm: () => void
  readonly back: () => void
}

/** What "always" would add to the policy, to be read before it is said; or why it cannot be said here. */
export function StandingRule({ always, open, confirm, back }: StandingRuleProps) {
  if (!always.possible) return <p class="standing-rule note">{strings.approval.alwaysNone(always.reason)}</p>
  return (
    <div class="standing-rule">
      <p class="part-name">{strings.approval.alwaysRule}</p>
      <ScrollRegion class="rule" label={strings.approval.alwaysRule}>
        <pre>{always.rule}</pre>
      </ScrollRegion>
      <div class="answers">
        <button type="button" class="primary" aria-disabled={!open} onClick={confirm}>
          {strings.approval.alwaysConfirm}
        </button>
        <button type="button" onClick={back}>
          {strings.approval.alwaysBack}
        </button>
      </div>
    </div>
  )
}

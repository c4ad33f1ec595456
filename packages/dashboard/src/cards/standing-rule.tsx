import type { StandingRule as Rule } from '@castellan/contracts'
import { useLayoutEffect, useRef } from 'preact/hooks'
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
  const panel = useRef<HTMLDivElement>(null)
  // It opens below what asked for it, perhaps out of sight.
  useLayoutEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), [])
  if (!always.possible) {
    return (
      <div class="standing-rule note" ref={panel}>
        {strings.approval.alwaysNone(always.reason)}
      </div>
    )
  }
  return (
    <div class="standing-rule" ref={panel}>
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

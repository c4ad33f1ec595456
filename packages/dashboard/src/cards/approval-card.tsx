import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Approval, ApprovalVerdict, ToolItem } from '../chat/state.ts'
import { usePage } from '../page.ts'
import { strings } from '../strings.ts'
import { Check, Cross, Hand } from '../theme/icons.tsx'
import { ArgumentList } from './arguments.tsx'
import { Preview } from './preview.tsx'
import { StandingRule } from './standing-rule.tsx'
import { countdown } from './time.ts'

export interface ApprovalCardProps {
  readonly tool: ToolItem
  readonly approval: Approval
  /** This browser holds an enrolled key. */
  readonly canApprove: boolean
  readonly decide: (tool: ToolItem, verdict: ApprovalVerdict) => Promise<void>
}

/** The question whether a call may run: the exact call, why it is asked, what would happen, the time left, the answers. */
export function ApprovalCard({ tool, approval, canApprove, decide }: ApprovalCardProps) {
  const card = useRef<HTMLElement>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [asksAlways, setAsksAlways] = useState(false)
  const { clock } = usePage()
  const left = Date.parse(approval.expiresAt) - clock.value
  const open = canApprove && approval.answered === null && left > 0

  const answer = (verdict: ApprovalVerdict) => {
    if (!open) return
    setProblem(null)
    decide(tool, verdict).catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
  }
  const stop = () => setAsksAlways(false)
  useAnswerKeys(card, answer)
  useFocusHandover(card)

  return (
    <section
      ref={card}
      class="approval"
      id={`approval-${approval.id}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys A and D work only while the card itself has the focus
      tabIndex={0}
      aria-label={strings.approval.title}
      aria-describedby={`reason-${approval.id}`}
    >
      <p class="reason" id={`reason-${approval.id}`}>
        {approval.reason}
      </p>
      {approval.taint.map((label) => (
        <p key={label} class="taint">
          <Hand /> {strings.approval.taint[label]}
        </p>
      ))}
      <p class="part-name">{strings.approval.exactCall(tool.name)}</p>
      <ArgumentList args={tool.args} name={strings.approval.exactCall(tool.name)} />
      <Preview preview={approval.preview} problem={approval.previewProblem} />
      {approval.votes !== null && (
        <p class="votes">{strings.approval.votes(approval.votes.given, approval.votes.needed)}</p>
      )}
      {!canApprove && (
        <p class="note">
          {strings.approval.noKey} <code>{strings.approval.noKeyCommand(approval.id)}</code>
        </p>
      )}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="answers">
        <button
          type="button"
          class="primary"
          aria-keyshortcuts={strings.approval.approveKey}
          aria-disabled={!open}
          onClick={() => answer('approve')}
        >
          <Check /> {strings.approval.approve} <kbd>{strings.approval.approveKey}</kbd>
        </button>
        <button
          type="button"
          class="danger"
          aria-keyshortcuts={strings.approval.denyKey}
          aria-disabled={!open}
          onClick={() => answer('deny')}
        >
          <Cross /> {strings.approval.deny} <kbd>{strings.approval.denyKey}</kbd>
        </button>
        <button
          type="button"
          title={strings.approval.alwaysTitle}
          aria-expanded={asksAlways}
          onClick={() => setAsksAlways(!asksAlways)}
        >
          {strings.approval.always}
        </button>
        <span class="left" title={strings.approval.keysNote}>
          {approval.answered === null ? timeLeft(left) : strings.approval.sending}
        </span>
      </div>
      {asksAlways && <StandingRule always={approval.always} open={open} confirm={() => answer('always')} back={stop} />}
    </section>
  )
}

function timeLeft(left: number): string {
  return left > 0 ? strings.approval.left(countdown(left)) : strings.approval.timeUp
}

/** A and D answer, but only while the focus is in the card: a stray key elsewhere must never decide anything. */
function useAnswerKeys(card: RefObject<HTMLElement | null>, answer: (verdict: ApprovalVerdict) => void): void {
  // Before the card is drawn: a key pressed the moment it can be seen must count.
  useLayoutEffect(() => {
    const element = card.current
    const press = (event: KeyboardEvent) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
      const verdict = ({ a: 'approve', d: 'deny' } as const)[event.key.toLowerCase()]
      if (verdict === undefined) return
      event.preventDefault()
      answer(verdict)
    }
    element?.addEventListener('keydown', press)
    return () => element?.removeEventListener('keydown', press)
  })
}

/** Once the question is settled its buttons are gone; a focus that was on them goes to the head of the card. */
function useFocusHandover(card: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const element = card.current
    return () => {
      if (element?.contains(document.activeElement)) element.closest('details')?.querySelector('summary')?.focus()
    }
  }, [card])
}

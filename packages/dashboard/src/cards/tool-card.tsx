import type { Approval, ApprovalVerdict, ToolItem, ToolOutcome } from '../chat/state.ts'
import { memo } from '../memo.ts'
import { strings } from '../strings.ts'
import { Check, Cross, Dash, Hand, Undo } from '../theme/icons.tsx'
import { ApprovalCard } from './approval-card.tsx'
import { ArgumentLine, ArgumentList } from './arguments.tsx'
import { ProofCheck } from './proof.tsx'
import { Result } from './result.tsx'
import { Elapsed, Progress } from './running.tsx'

export interface ToolCardProps {
  readonly tool: ToolItem
  /** Whether the turn that made the call still runs. */
  readonly live: boolean
  /** A later call took this one back. */
  readonly undone: boolean
  readonly canApprove: boolean
  readonly decide: (tool: ToolItem, verdict: ApprovalVerdict) => Promise<void>
  /** Says something in the chat, as the owner would. */
  readonly say: (text: string) => void
}

type Phase = 'running' | 'waiting' | 'done' | 'failed' | 'refused' | 'unknown'

/** One tool call: what was asked for, what is happening to it, and what came of it. */
export const ToolCard = memo(({ tool, live, undone, canApprove, decide, say }: ToolCardProps) => {
  const { name, args, approval, outcome, since, progress } = tool
  const phase = phaseOf(tool, live)
  return (
    <article class={`card ${phase}`} aria-label={`${name}, ${strings.tool[phase]}`}>
      <details open>
        <summary class="card-head">
          <PhaseMark phase={phase} />
          <span class="tool-name">{name}</span>
          {phase !== 'waiting' && <ArgumentLine args={args} />}
          <span class="card-end">
            <span class={phase === 'done' ? 'unseen' : 'phase'}>{strings.tool[phase]}</span>
            {phase === 'running' && since !== null && <Elapsed since={since} />}
            {outcome !== null && outcome.ledgerIndex !== null && (
              <span class="ledger" title={strings.tool.ledgerTitle(outcome.ledgerIndex)}>
                {strings.tool.ledger(outcome.ledgerIndex)}
              </span>
            )}
          </span>
        </summary>
        {phase === 'running' && (isLong(args) || progress !== null) && (
          <div class="outcome">
            {isLong(args) && <AllArguments args={args} />}
            {progress !== null && <Progress progress={progress} name={name} />}
          </div>
        )}
        {approval !== null && phase === 'waiting' && (
          <ApprovalCard tool={tool} approval={approval} canApprove={canApprove} decide={decide} />
        )}
        {approval?.decision != null && (
          <p class={`decision ${approval.decision.state}`}>{decisionOf(approval.decision)}</p>
        )}
        {outcome !== null && <Outcome tool={tool} live={live} outcome={outcome} undone={undone} say={say} />}
      </details>
    </article>
  )
})

type OutcomeProps = Pick<ToolCardProps, 'tool' | 'live' | 'undone' | 'say'> & { readonly outcome: ToolOutcome }

function Outcome({ tool, live, outcome, undone, say }: OutcomeProps) {
  const { ok, result, summary, ledgerIndex, undo } = outcome
  return (
    <div class="outcome">
      {isLong(tool.args) && <AllArguments args={tool.args} />}
      {ok ? <Result name={tool.name} result={result} /> : <Failure summary={summary} result={result} />}
      {undone && <p class="note">{strings.tool.undone}</p>}
      {ok && !undone && undo?.possible === true && ledgerIndex !== null && (
        <div class="undo">
          <button type="button" class="quiet" disabled={live} onClick={() => say(`/undo ${ledgerIndex}`)}>
            <Undo /> {strings.tool.undo}
          </button>
          <span>{undo.description}</span>
        </div>
      )}
      {ledgerIndex !== null && (
        <div class="card-foot">
          <ProofCheck index={ledgerIndex} callId={tool.callId} tool={tool.name} />
        </div>
      )}
    </div>
  )
}

/** Longer than this, as JSON, they do not fit on the line in the card's head. */
const LINE = 60

function isLong(args: ToolItem['args']): boolean {
  return JSON.stringify(args).length > LINE
}

function AllArguments({ args }: { readonly args: ToolItem['args'] }) {
  return (
    <details class="full-arguments">
      <summary class="note">{strings.tool.arguments}</summary>
      <ArgumentList args={args} name={strings.tool.arguments} />
    </details>
  )
}

function Failure({ summary, result }: { readonly summary: string; readonly result: unknown }) {
  const { code } = (typeof result === 'object' && result !== null ? result : {}) as { code?: unknown }
  return (
    <p class="failure">
      {summary} {typeof code === 'string' && <code>{code}</code>}
    </p>
  )
}

function PhaseMark({ phase }: { readonly phase: Phase }) {
  return (
    <span class="mark">
      {phase === 'running' && <span class="spinner" />}
      {phase === 'waiting' && <Hand />}
      {phase === 'done' && <Check />}
      {phase === 'failed' && <Cross />}
      {(phase === 'refused' || phase === 'unknown') && <Dash />}
    </span>
  )
}

function phaseOf({ approval, outcome }: ToolItem, live: boolean): Phase {
  if (outcome !== null) {
    if (outcome.ok) return 'done'
    return outcome.ledgerIndex === null ? 'refused' : 'failed'
  }
  if (approval !== null && approval.decision === null) return 'waiting'
  return live ? 'running' : 'unknown'
}

function decisionOf({ state, by }: NonNullable<Approval['decision']>): string {
  if (state === 'approved' || state === 'denied') return strings.approval[state](by)
  return strings.approval[state]
}

import type { ApprovalVerdict } from '@castellan/contracts'
import type { listLedgerEntries } from '@castellan/contracts/api'
import { useEffect, useRef } from 'preact/hooks'
import type { Question } from '../acts/acts.ts'
import { askedAs } from '../acts/question.ts'
import { ApprovalCard } from '../cards/approval-card.tsx'
import { EntryList } from '../entries/entry-list.tsx'
import { each } from '../entries/groups.ts'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { approvals as words } from '../strings/approvals.ts'
import { PageFrame, Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { KeysPanel } from './keys.tsx'
import { concernsApprovals, useWaiting } from './waiting.ts'

/** Where a person says yes or no. */
export function ApprovalsPage({ route }: PageProps) {
  const waiting = useWaiting()
  const [wanted] = route.path
  return (
    <PageFrame title={words.title} lead={words.lead}>
      <section aria-label={words.queue} class="queue">
        <Shown resource={waiting} what={words.what}>
          {(questions) =>
            questions.length === 0 ? (
              <Empty title={words.none}>{words.noneLead}</Empty>
            ) : (
              questions.map((question) => (
                <QuestionCard
                  key={question.approval_id}
                  question={question}
                  wanted={question.approval_id === wanted}
                  answered={() => void waiting.reload()}
                />
              ))
            )
          }
        </Shown>
      </section>
      <div class="panels">
        <HistoryPanel />
        <KeysPanel />
      </div>
    </PageFrame>
  )
}

interface QuestionCardProps {
  readonly question: Question
  /** The address leads to this one. */
  readonly wanted: boolean
  readonly answered: () => void
}

function QuestionCard({ question, wanted, answered }: QuestionCardProps) {
  const { acts, canApprove } = useSigned()
  const { toasts } = usePage()
  const { tool, approval } = askedAs(question)
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    if (wanted) place.current?.querySelector<HTMLElement>('.approval')?.focus()
  }, [wanted])
  const decide = async (_: unknown, verdict: ApprovalVerdict) => {
    await acts.decide(question, verdict)
    toasts.good(words.decided(words.verdicts[verdict], question.tool))
    answered()
  }
  return (
    <article class="card waiting question" ref={place} aria-label={question.tool}>
      <div class="question-head">
        <h2>{question.tool}</h2>
        <span class="note">
          {words.asked(question.agent)}, <When at={question.requested_at} />
        </span>
      </div>
      <ApprovalCard tool={tool} approval={approval} canApprove={canApprove} decide={decide} />
    </article>
  )
}

/** Entries of each kind that the history is made of. */
const KINDS = ['approval_decided', 'approval_expired', 'approval_withdrawn', 'approval_void'] as const
const SHOWN = 30

function HistoryPanel() {
  const { api } = useSigned()
  const history = useResource(async (signal) => {
    const pages = KINDS.map((type) =>
      api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query: { type, limit: SHOWN }, signal }),
    )
    const records = (await Promise.all(pages)).flatMap(({ items }) => items)
    return records.toSorted((a, b) => b.entry.index - a.entry.index).slice(0, SHOWN)
  })
  useNews(concernsApprovals, () => void history.reload())
  return (
    <Panel title={words.history}>
      <Shown resource={history} what={words.history}>
        {(records) =>
          records.length === 0 ? <p class="note">{words.historyNone}</p> : <EntryList groups={each(records)} />
        }
      </Shown>
    </Panel>
  )
}

import { ApprovalCard } from '../cards/approval-card.tsx'
import { useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import { Dialog } from '../ui/dialog.tsx'
import { askedAs } from './question.ts'

/** Asks for the yes that an act of this page waits for. */
export function ActHost() {
  const { acts, canApprove } = useSigned()
  const question = acts.waiting.value
  if (question === null) return null
  const { tool, approval } = askedAs(question)
  return (
    <Dialog key={question.approval_id} title={strings.approval.title} close={() => acts.leave()}>
      <ApprovalCard
        tool={tool}
        approval={approval}
        canApprove={canApprove}
        decide={async (_, verdict) => {
          await acts.decide(question, verdict)
        }}
      />
    </Dialog>
  )
}

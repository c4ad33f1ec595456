import { useWaiting } from '../approvals/waiting.ts'
import { addressOf } from '../shell/router.ts'
import { overview as words } from '../strings/overview.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'

/** The questions that wait for a person. */
export function WaitingPanel() {
  const waiting = useWaiting()
  return (
    <Panel title={words.approvals}>
      <Shown resource={waiting} what={words.approvals}>
        {(questions) =>
          questions.length === 0 ? (
            <p class="note">{words.noApprovals}</p>
          ) : (
            <ul class="entry-list">
              {questions.map((question) => (
                <li key={question.approval_id} class="entry-line warn">
                  <span class="dot warn" aria-hidden="true" />
                  <a href={addressOf('approvals', { path: [question.approval_id] })}>{question.tool}</a>
                  <span class="entry-summary">{question.reason}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Panel>
  )
}

import { usePage, useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import type { Chat } from './chat.ts'

/** One line above the input that says what is going on. It is always there, so that nothing moves when it speaks. */
export function StatusLine({ chat }: { readonly chat: Chat }) {
  const { kind } = chat.connection.value
  const { running, activity, paused, items } = chat.state.value
  if (kind === 'waiting') return <Waiting chat={chat} />
  if (kind === 'asleep') return <Line words={strings.connection.asleep} />
  if (kind !== 'open') return <Line words={strings.connection.connecting} />
  if (paused) return <Line words={strings.chat.paused} />
  if (!running) return <Line words={activity?.message ?? ''} />
  const asked = items.findLast(
    (item) => item.kind === 'tool' && item.approval !== null && item.approval.decision === null,
  )
  const waiting = activity?.state === 'waiting' && asked?.kind === 'tool' ? asked.approval : null
  return (
    <div class="status-line">
      <span class={waiting === null ? 'spinner' : 'dot warn'} aria-hidden="true" />
      <span class="status-words">
        {waiting === null ? (activity?.message ?? strings.chat.working) : strings.chat.approvalWaiting}
      </span>
      {waiting !== null && (
        <button type="button" class="quiet" onClick={() => document.getElementById(`approval-${waiting.id}`)?.focus()}>
          {strings.chat.showApproval}
        </button>
      )}
      <button type="button" class="quiet stop" aria-keyshortcuts="Escape" onClick={() => chat.abort()}>
        {strings.chat.stop} <kbd>{strings.chat.stopKey}</kbd>
      </button>
    </div>
  )
}

function Line({ words }: { readonly words: string }) {
  return (
    <div class="status-line">
      <span class="status-words">{words}</span>
    </div>
  )
}

/** Failures after which the reason may be one that waiting does not mend. */
const MANY_FAILURES = 5

function Waiting({ chat }: { readonly chat: Chat }) {
  const { clock } = usePage()
  const { line } = useSigned()
  const connection = chat.connection.value
  if (connection.kind !== 'waiting') return null
  const seconds = Math.max(0, Math.ceil((connection.retryAt - clock.value) / 1000))
  const words = connection.failures > MANY_FAILURES ? strings.connection.waitingLong : strings.connection.waiting
  return (
    <div class="status-line">
      <span class="dot warn" aria-hidden="true" />
      <span class="status-words">{words(seconds)}</span>
      <button type="button" class="quiet" onClick={() => line.wake()}>
        {strings.connection.tryNow}
      </button>
    </div>
  )
}

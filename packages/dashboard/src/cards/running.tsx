import type { ToolItem } from '../chat/state.ts'
import { usePage } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { duration } from './units.ts'

/** How long a call has been running, by the second; nothing for the first of them. */
export function Elapsed({ since }: { readonly since: number }) {
  const { clock } = usePage()
  const ms = Math.floor((clock.value - since) / 1000) * 1000
  return ms < 1000 ? null : <span class="elapsed">{words.elapsed(duration(ms))}</span>
}

/** How far a call is, by its own word. */
export function Progress({
  progress,
  name,
}: {
  readonly progress: NonNullable<ToolItem['progress']>
  readonly name: string
}) {
  const { message, done, total } = progress
  const part = done === undefined || total === undefined || total <= 0 ? null : Math.min(1, done / total)
  return (
    <div class="progress">
      <span class="progress-words">
        {message} {part !== null && <span class="number">{words.done(Math.floor(part * 100))}</span>}
      </span>
      {part === null ? (
        <progress aria-label={`${name}: ${message}`} />
      ) : (
        <progress aria-label={`${name}: ${message}`} max={1} value={part} />
      )}
    </div>
  )
}

import { useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { argumentText } from '../cards/argument-text.ts'
import { shortTime } from '../cards/time.ts'
import { useNews } from '../live/live.ts'
import { usePage, useSigned } from '../page.ts'
import { apps } from '../strings/apps.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, Failed, Loading } from '../ui/states.tsx'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { changesApps } from './changes.ts'
import { type LogLine, LogLines } from './log-lines.ts'

const words = apps.log
/** Longer messages than this many characters, or of several lines, are shown whole when they are chosen. */
const LONG = 60

/** What an app wrote. Nothing of it is in the ledger, so that it is read when it is opened, when the app was acted upon, and on request. */
export function LogsDrawer({ name, close }: { readonly name: string; readonly close: () => void }) {
  const { api } = useSigned()
  const { clock } = usePage()
  const log = useMemo(() => new LogLines(api, name), [api, name])
  useEffect(() => {
    void log.reload()
    return () => log.close()
  }, [log])
  useNews(changesApps, () => void log.reload())
  const chosen = useSignal<LogLine | null>(null)
  const { lines, busy, more, error } = log.state.value
  const onEnd = useCallback(() => void log.older(), [log])
  const columns: readonly Column<LogLine>[] = [
    { key: 'when', title: words.when, width: '6.5rem', cell: ({ at }) => shortTime(at, clock.peek()) },
    {
      key: 'priority',
      title: words.priority,
      width: '5.5rem',
      wideOnly: true,
      cell: ({ priority }) => <span class={`log-priority ${priority}`}>{words.priorities[priority] ?? priority}</span>,
    },
    {
      key: 'message',
      title: words.message,
      width: 'minmax(8rem, 1fr)',
      cell: (line) => <Message line={line} choose={() => (chosen.value = line)} />,
    },
  ]
  return (
    <Dialog title={words.title(name)} close={close} kind="drawer wide">
      <div class="logs-head">
        <p class="note">{words.lead}</p>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            chosen.value = null
            void log.reload()
          }}
        >
          {words.again}
        </button>
      </div>
      {error !== null && <Failed error={error} again={() => void log.reload()} />}
      {lines.length === 0 && busy && <Loading what={words.what} />}
      {lines.length === 0 && !busy && error === null && <Empty title={words.none} />}
      {lines.length > 0 && (
        <div class="logs">
          <VirtualTable
            label={words.table(name)}
            rows={lines}
            keyOf={({ id }) => id}
            columns={columns}
            onEnd={onEnd}
            {...(chosen.value === null ? {} : { chosen: chosen.value.id })}
          />
          <p class="note">{more ? words.older(lines.length) : words.olderEnd(lines.length)}</p>
        </div>
      )}
      {chosen.value !== null && (
        <ScrollRegion class="log-whole" label={words.whole}>
          <pre>{argumentText(chosen.value.message)}</pre>
        </ScrollRegion>
      )}
    </Dialog>
  )
}

function Message({ line, choose }: { readonly line: LogLine; readonly choose: () => void }) {
  // What hides or turns letters round is spelled out: an app writes what it likes.
  const text = argumentText(line.message)
  if (text.length <= LONG && !text.includes('\n')) return <span class="log-message">{text}</span>
  return (
    <button type="button" class="log-message" title={words.whole} onClick={choose}>
      {text.slice(0, 300)}
    </button>
  )
}

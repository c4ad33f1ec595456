import type { deleteInsights } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { SelectField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { usePage, useSigned } from '../page.ts'
import { insights as words } from '../strings/insights.ts'
import { Dialog } from '../ui/dialog.tsx'

export interface DeleteInsightsProps {
  /** The chat that the list is narrowed to. */
  readonly chat: string | null
  readonly deleted: () => void
  readonly close: () => void
}

const DAY_MS = 86_400_000
const AGES = { day: 1, week: 7 } as const

/** Which exchanges go for good; it says what goes with them, and what stays. */
export function DeleteInsights({ chat, deleted, close }: DeleteInsightsProps) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const doing = useDoing()
  const which = useSignal<string>(chat === null ? 'all' : 'chat')
  const options = [
    ...(chat === null ? [] : [{ value: 'chat', label: words.remove.ofChat(chat) }]),
    { value: 'all', label: words.remove.all },
    { value: 'week', label: words.remove.week },
    { value: 'day', label: words.remove.day },
  ]
  const send = async () => {
    const age = which.value === 'day' || which.value === 'week' ? AGES[which.value] : null
    const query = {
      ...(which.value === 'chat' && chat !== null ? { chat_id: chat } : {}),
      ...(age === null ? {} : { before: new Date(Date.now() - age * DAY_MS).toISOString() }),
    }
    const done = await doing.run(async () => {
      const { deleted: count } = await api.ask<typeof deleteInsights>('DELETE', '/api/v1/insights', { query })
      toasts.good(words.remove.done(count))
    })
    if (!done) return
    deleted()
    close()
  }
  return (
    <Dialog title={words.remove.title} close={close}>
      <Form doing={doing} act={words.remove.act} danger send={() => void send()} cancel={close}>
        <SelectField
          label={words.remove.which}
          value={which.value}
          options={options}
          change={(value) => {
            which.value = value
          }}
        />
        <ul class="effects remove-effects">
          {words.remove.effects.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
        <p class="note">{words.remove.undo}</p>
      </Form>
    </Dialog>
  )
}

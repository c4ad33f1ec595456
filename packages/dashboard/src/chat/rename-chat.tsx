import type { renameChat } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useSigned } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Dialog } from '../ui/dialog.tsx'
import type { ChatView } from './views.ts'

export interface RenameChatProps {
  readonly chat: ChatView
  readonly renamed: (chat: ChatView) => void
  readonly close: () => void
}

/** Gives a chat another title; without one it is called by its name. */
export function RenameChat({ chat, renamed, close }: RenameChatProps) {
  const { api } = useSigned()
  const doing = useDoing()
  const title = useSignal(chat.title ?? '')
  const send = async () => {
    const done = await doing.run(async () => {
      const body = { title: title.value.trim() === '' ? null : title.value.trim() }
      const params = { chat_id: chat.chat_id }
      renamed(await api.ask<typeof renameChat>('PATCH', '/api/v1/chats/{chat_id}', { params, body }))
    })
    if (done) close()
  }
  return (
    <Dialog title={words.renameTitle} close={close}>
      <Form doing={doing} act={words.save} send={() => void send()} cancel={close}>
        <TextField
          label={words.titleField}
          value={title.value}
          maxLength={200}
          change={(value) => {
            title.value = value
          }}
        />
      </Form>
    </Dialog>
  )
}

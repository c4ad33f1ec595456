import type { createChat, listAgents } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useDoing } from '../forms/doing.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { Form } from '../forms/form.tsx'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'
import { brainOf } from './titles.ts'
import type { AgentView, ChatView } from './views.ts'

export interface NewChatProps {
  /** Called once it is begun. */
  readonly begun: (chat: ChatView) => void
  readonly close: () => void
}

/** Begins a chat with an agent of one's choice. */
export function NewChat(props: NewChatProps) {
  const { api } = useSigned()
  const agents = useResource((signal) => api.ask<typeof listAgents>('GET', '/api/v1/agents', { signal }))
  return (
    <Dialog title={words.newTitle} close={props.close}>
      <Shown resource={agents} what={words.oneWhat}>
        {({ items }) => <NewChatForm agents={items} {...props} />}
      </Shown>
    </Dialog>
  )
}

function NewChatForm({ agents, begun, close }: NewChatProps & { readonly agents: readonly AgentView[] }) {
  const { api } = useSigned()
  const doing = useDoing()
  const title = useSignal('')
  const agent = useSignal(agents.find(({ is_default }) => is_default)?.name ?? '')
  const send = async () => {
    await doing.run(async () => {
      const named = title.value.trim()
      const body = { agent: agent.value, ...(named === '' ? {} : { title: named }) }
      begun(await api.ask<typeof createChat>('POST', '/api/v1/chats', { body }))
    })
  }
  const options = agents.map((one) => ({
    value: one.name as string,
    label: words.agentIs(one.name, one.title, brainOf(one)),
  }))
  return (
    <Form doing={doing} act={words.begin} send={() => void send()} cancel={close}>
      <TextField
        label={words.titleField}
        note={words.titleNote}
        value={title.value}
        maxLength={200}
        change={(value) => {
          title.value = value
        }}
      />
      <SelectField
        label={words.agentField}
        note={words.agentNote}
        value={agent.value}
        options={options}
        change={(value) => {
          agent.value = value as typeof agent.value
        }}
      />
    </Form>
  )
}

import type { listAgents, listCredentials, listEngines, renewChat } from '@castellan/contracts/api'
import { useTry } from '../forms/doing.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Shown } from '../ui/states.tsx'

export interface BrainDialogProps {
  readonly chatId: string
  readonly agent: string
  readonly changed: () => void
  readonly close: () => void
}

/**
 * Another engine or model for the agent of this chat, in the form that the engine page has for it; from its next message on the chat
 * goes by that. The form is fetched when it is first wanted.
 */
export function BrainDialog({ chatId, agent, changed, close }: BrainDialogProps) {
  const { api } = useSigned()
  const { toasts } = usePage()
  const attempt = useTry()
  const known = useResource(async (signal) => {
    const [form, agents, engines, credentials] = await Promise.all([
      import('../engine/agent-dialog.tsx'),
      api.ask<typeof listAgents>('GET', '/api/v1/agents', { signal }),
      api.ask<typeof listEngines>('GET', '/api/v1/engines', { signal }),
      api.ask<typeof listCredentials>('GET', '/api/v1/credentials', { signal }),
    ])
    return { Form: form.AgentDialog, agents, engines: engines.items, credentials: credentials.items }
  })
  const renew = () =>
    attempt(async () => {
      await api.ask<typeof renewChat>('POST', '/api/v1/chats/{chat_id}/renew', { params: { chat_id: chatId } })
      toasts.good(words.brainChanged)
      changed()
    })
  const state = known.state.value
  if (state.kind !== 'ready') {
    return (
      <Dialog title={words.brainTitle} close={close}>
        <Shown resource={known} what={agent}>
          {() => null}
        </Shown>
      </Dialog>
    )
  }
  const { Form, agents, engines, credentials } = state.value
  return (
    <Form
      agent={agents.items.find(({ name }) => name === agent) ?? null}
      digest={agents.digest}
      engines={engines}
      credentials={credentials}
      changed={() => void renew()}
      close={close}
    />
  )
}

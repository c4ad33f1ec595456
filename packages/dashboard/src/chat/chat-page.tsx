import { useComputed, useSignal } from '@preact/signals'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import { useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import type { Chat } from './chat.ts'
import { Composer } from './composer.tsx'
import { EmptyChat } from './empty-chat.tsx'
import { LiveRegion } from './live-region.tsx'
import { StatusLine } from './status-line.tsx'
import { Transcript } from './transcript.tsx'

/** The chat: what was said and done, and where to say more. */
export function ChatPage() {
  const { chat, canApprove } = useSigned()
  useStopKey(chat)
  const composer = useRef<HTMLTextAreaElement>(null)
  const draft = useSignal('')
  // What cannot be sent now is not lost: it waits in the input.
  const say = useCallback(
    (text: string) => {
      composer.current?.focus()
      if (!chat.say(text)) draft.value = text
    },
    [chat, draft],
  )
  const empty = useComputed(() => chat.loaded.value && chat.state.value.items.length === 0)
  return (
    <main class="chat" id="main">
      <h1 class="unseen">{strings.chat.heading}</h1>
      {empty.value ? <EmptyChat say={say} /> : <Transcript chat={chat} canApprove={canApprove} say={say} />}
      <div class="dock">
        <StatusLine chat={chat} />
        <Composer chat={chat} draft={draft} input={composer} />
      </div>
      <LiveRegion chat={chat} />
    </main>
  )
}

/** Escape stops the running turn from wherever the focus is, unless something nearer has used the key. */
function useStopKey(chat: Chat): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) chat.abort()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [chat])
}

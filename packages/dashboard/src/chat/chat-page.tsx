import { useComputed, useSignal, useSignalEffect } from '@preact/signals'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import type { EngineWatch } from '../connection/engine-watch.ts'
import { strings } from '../strings.ts'
import type { Chat } from './chat.ts'
import { Composer } from './composer.tsx'
import { EmptyChat } from './empty-chat.tsx'
import { Header } from './header.tsx'
import { LiveRegion } from './live-region.tsx'
import { StatusLine } from './status-line.tsx'
import { Transcript } from './transcript.tsx'

export interface ChatPageProps {
  readonly chat: Chat
  readonly engine: EngineWatch
  readonly canApprove: boolean
}

/** The chat: what was said and done, and where to say more. */
export function ChatPage({ chat, engine, canApprove }: ChatPageProps) {
  useEffect(() => {
    chat.start()
    return () => {
      chat.stop()
      engine.stop()
    }
  }, [chat, engine])
  useSignalEffect(() => {
    if (chat.connection.value.kind === 'open') engine.look()
    else engine.stop()
  })
  useWakefulness(chat)
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
    <div class="chat-page">
      <Header engine={engine} connection={chat.connection} />
      <main class="chat">
        <h1 class="unseen">{strings.chat.heading}</h1>
        {empty.value ? <EmptyChat say={say} /> : <Transcript chat={chat} canApprove={canApprove} say={say} />}
        <div class="dock">
          <StatusLine chat={chat} />
          <Composer chat={chat} draft={draft} input={composer} />
        </div>
        <LiveRegion chat={chat} />
      </main>
    </div>
  )
}

/** Using the page, or getting the network back, is a reason to connect again at once. */
function useWakefulness(chat: Chat): void {
  useEffect(() => {
    const wake = () => chat.wake()
    const seen = () => {
      if (document.visibilityState === 'visible') wake()
    }
    addEventListener('online', wake)
    addEventListener('focus', wake)
    addEventListener('keydown', wake)
    addEventListener('pointerdown', wake)
    document.addEventListener('visibilitychange', seen)
    return () => {
      removeEventListener('online', wake)
      removeEventListener('focus', wake)
      removeEventListener('keydown', wake)
      removeEventListener('pointerdown', wake)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [chat])
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

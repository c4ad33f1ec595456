import { useMemo } from 'preact/hooks'
import type { Chat } from './chat/chat.ts'
import { ChatPage } from './chat/chat-page.tsx'
import type { EngineWatch } from './connection/engine-watch.ts'
import { type Page, PageContext } from './page.ts'
import { SignInPage } from './session/sign-in-page.tsx'

export interface AppProps {
  readonly page: Page
  readonly engine: EngineWatch
  /** A chat for each sign-in: nothing of one is left for the next. */
  readonly openChat: () => Chat
}

export function App({ page, engine, openChat }: AppProps) {
  const state = page.session.state.value
  const chat = useMemo(() => (state.kind === 'signed-in' ? openChat() : null), [state.kind, openChat])
  return (
    <PageContext.Provider value={page}>
      {state.kind === 'signed-out' && <SignInPage problem={state.problem} busy={state.busy} given={state.code} />}
      {state.kind === 'signed-in' && chat !== null && (
        <ChatPage chat={chat} engine={engine} canApprove={state.canApprove} />
      )}
    </PageContext.Provider>
  )
}

import { useEffect, useMemo } from 'preact/hooks'
import { type Page, PageContext, type Signed, SignedContext } from './page.ts'
import { SignInPage } from './session/sign-in-page.tsx'
import { Shell } from './shell/shell.tsx'

export interface AppProps {
  readonly page: Page
  /** What a sign-in opens: nothing of one is left for the next. */
  readonly open: (canApprove: boolean) => Signed
}

export function App({ page, open }: AppProps) {
  const state = page.session.state.value
  return (
    <PageContext.Provider value={page}>
      {state.kind === 'signed-out' && <SignInPage problem={state.problem} busy={state.busy} given={state.code} />}
      {state.kind === 'signed-in' && <SignedIn open={open} canApprove={state.canApprove} />}
    </PageContext.Provider>
  )
}

function SignedIn({ open, canApprove }: { readonly open: AppProps['open']; readonly canApprove: boolean }) {
  const signed = useMemo(() => open(canApprove), [open, canApprove])
  useEffect(() => {
    const { chats, live, line, engine, emergency } = signed
    chats.start()
    live.start()
    emergency.start()
    line.start()
    return () => {
      line.stop()
      emergency.stop()
      live.stop()
      chats.stop()
      engine.stop()
    }
  }, [signed])
  return (
    <SignedContext.Provider value={signed}>
      <Shell />
    </SignedContext.Provider>
  )
}

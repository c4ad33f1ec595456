import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { ActHost } from '../acts/act-host.tsx'
import { usePage, useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import { ConfirmationHost } from '../ui/confirm.tsx'
import { PageFrame } from '../ui/page-frame.tsx'
import { Empty } from '../ui/states.tsx'
import { ToastHost } from '../ui/toasts.tsx'
import { Header } from './header.tsx'
import { LazyPage } from './lazy-page.tsx'
import { BottomBar, SideBar } from './navigation.tsx'
import { pageNamed } from './pages.ts'
import { Palette } from './palette.tsx'
import { useWakefulness } from './wakefulness.ts'

/** Everything around a page: where to go, how things stand, and what any page may say on top of itself. */
export function Shell() {
  const { router, confirmations, toasts } = usePage()
  const { engine, line, live } = useSigned()
  const asking = useSignal(false)
  const route = router.route.value
  const entry = pageNamed(route.page)
  useWakefulness(line, live)
  useEffect(
    () => line.listen({ state: ({ kind }) => (kind === 'open' ? engine.look() : engine.stop()) }),
    [line, engine],
  )
  usePaletteKey(() => {
    asking.value = !asking.value
  })
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        {strings.shell.skip}
      </button>
      <SideBar current={route.page} />
      <div class="stage">
        <Header
          openPalette={() => {
            asking.value = true
          }}
        />
        {entry === undefined ? <Nowhere /> : <LazyPage key={entry.name} entry={entry} route={route} />}
        <BottomBar current={route.page} />
      </div>
      {asking.value && (
        <Palette
          close={() => {
            asking.value = false
          }}
        />
      )}
      <ConfirmationHost confirmations={confirmations} />
      <ActHost />
      <ToastHost toasts={toasts} />
    </div>
  )
}

function Nowhere() {
  return (
    <PageFrame title={strings.shell.nowhere}>
      <Empty title={strings.shell.nowhere}>{strings.shell.nowhereLead}</Empty>
    </PageFrame>
  )
}

/** The part of the address behind `#` is the router's, so this is no link. */
function skip(): void {
  const main = document.getElementById('main')
  main?.setAttribute('tabindex', '-1')
  main?.focus()
}

/** Ctrl+K or Cmd+K, from wherever the focus is. */
function usePaletteKey(act: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}

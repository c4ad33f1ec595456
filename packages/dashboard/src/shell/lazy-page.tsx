import { type Signal, useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { type Loaded, toError } from '../live/resource.ts'
import { strings } from '../strings.ts'
import { Failed, Loading } from '../ui/states.tsx'
import type { PageEntry, PageProps } from './page-entry.ts'
import type { Route } from './router.ts'

type Drawn = Loaded<ComponentType<PageProps>>

/** A page whose script is fetched when it is first opened, and kept by the browser from then on. */
export function LazyPage({ entry, route }: { readonly entry: PageEntry; readonly route: Route }) {
  const drawn: Signal<Drawn> = useSignal<Drawn>({ kind: 'loading' })
  const tries = useSignal(0)
  const attempt = tries.value
  useEffect(() => {
    let wanted = true
    const show = (state: Drawn) => {
      if (wanted) drawn.value = state
    }
    entry.load().then(
      (value) => show({ kind: 'ready', value }),
      (error: unknown) => show({ kind: 'failed', error: toError(error) }),
    )
    return () => {
      wanted = false
    }
  }, [entry, attempt])
  const state = drawn.value
  if (state.kind === 'ready') return <state.value route={route} />
  return (
    <main class="frame" id="main">
      {state.kind === 'loading' ? (
        <Loading what={strings.shell.page} />
      ) : (
        <Failed
          error={state.error}
          again={() => {
            tries.value += 1
          }}
        />
      )}
    </main>
  )
}

import type { useModel } from '@castellan/contracts/api'
import { bytes } from '../cards/units.ts'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { models as words } from '../strings/models.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { countText, type ModelListing } from './views.ts'

export interface LoadedPanelProps {
  readonly models: Resource<ModelListing>
  /** Memory of the machine that is free, in bytes; null while that is not known. */
  readonly free: number | null
}

/** The model that answers now, and what it takes of the machine. */
export function LoadedPanel({ models, free }: LoadedPanelProps) {
  const { api } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const back = () =>
    attempt(async () => {
      const name = words.loaded.configured
      if (!(await confirmations.ask({ ...words.use, title: words.use.title(name) }))) return
      await api.ask<typeof useModel>('POST', '/api/v1/models/active', { body: { id: 'configured' } })
      toasts.good(words.installed.inUse(name))
      await models.reload()
    })
  return (
    <Panel title={words.loaded.title}>
      <Shown resource={models} what={words.loaded.what}>
        {({ loaded, chosen }) => (
          <>
            {loaded === null ? (
              <Empty title={words.loaded.none}>{words.loaded.noneLead}</Empty>
            ) : (
              <div class="loaded">
                <p class="loaded-name">
                  {loaded.name} <span class="pill good">{words.loaded.kinds[loaded.kind]}</span>
                </p>
                <p class="thing-about">
                  {[
                    words.loaded.parameters(countText(loaded.parameters)),
                    words.loaded.context(loaded.context_tokens),
                  ].join(' · ')}
                </p>
                <MemoryBar takes={loaded.memory_bytes} free={free} />
              </div>
            )}
            {chosen !== null && (
              <div class="model-chosen">
                <p class={chosen.problem === undefined ? 'note' : 'note problem'}>
                  {chosen.problem === undefined ? (
                    <>
                      {words.loaded.chosen} <When at={chosen.chosen_at} />
                    </>
                  ) : (
                    words.loaded.problem(chosen.problem.message)
                  )}
                </p>
                <button type="button" class="quiet" onClick={() => void back()}>
                  {words.loaded.back}
                </button>
              </div>
            )}
          </>
        )}
      </Shown>
    </Panel>
  )
}

function MemoryBar({ takes, free }: { readonly takes: number | null; readonly free: number | null }) {
  if (free === null) return null
  if (takes === null) return <p class="thing-about">{words.loaded.unknown(bytes(free))}</p>
  const share = Math.max(1, Math.round((100 * takes) / (takes + free)))
  return (
    <>
      <svg class="memory-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect class="memory-ground" width="100" height="6" />
        <rect class="memory-fill" width={share} height="6" />
      </svg>
      <p class="thing-about">{words.loaded.takes(bytes(takes), bytes(free))}</p>
    </>
  )
}

import type { listModels } from '@castellan/contracts/api'
import { useEffect } from 'preact/hooks'
import { useNews } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { models as words } from '../strings/models.ts'
import { navigation } from '../strings/navigation.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { ImportsPanel } from './imports-panel.tsx'
import { InstalledPanel } from './installed-panel.tsx'
import { LoadedPanel } from './loaded-panel.tsx'
import { type Import, isUnderWay, type Memory } from './views.ts'

/** How often a quarantine that is under way is looked at, in milliseconds: its stages are told nowhere but there, and each look is on record. */
const LOOK_MS = 10_000

/** What thinks on this machine, and what was let in to do so. */
export function ModelsPage() {
  const { api } = useSigned()
  const models = useResource((signal) => api.ask<typeof listModels>('GET', '/api/v1/models', { signal }))
  const memory = useResource((signal) => readByTool<Memory>(api, 'system_health', {}, signal))
  const imports = useResource(async (signal) => {
    return (await readByTool<{ readonly imports: readonly Import[] }>(api, 'model_status', {}, signal)).imports
  })
  useNews(
    ({ type }) => ['model_registry_changed', 'model_chosen', 'model_refused', 'engine_changed'].includes(type),
    () => {
      void models.reload()
      void imports.reload()
      void memory.reload()
    },
  )
  const state = imports.state.value
  const underWay = state.kind === 'ready' && state.value.some(isUnderWay)
  useEffect(() => {
    if (!underWay) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void imports.reload()
    }, LOOK_MS)
    return () => clearInterval(timer)
  }, [underWay, imports])
  const free = memory.state.value.kind === 'ready' ? memory.state.value.value.memoryAvailableBytes : null
  return (
    <PageFrame title={navigation.models.title} lead={words.lead}>
      <div class="split">
        <div class="stack">
          <LoadedPanel models={models} free={free} />
          <InstalledPanel models={models} free={free} />
        </div>
        <ImportsPanel imports={imports} changed={() => void models.reload()} />
      </div>
    </PageFrame>
  )
}

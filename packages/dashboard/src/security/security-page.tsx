import type { listIncidents } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useNews } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { navigation } from '../strings/navigation.ts'
import { security as words } from '../strings/security.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { EmergencyPanel } from './emergency-panel.tsx'
import { type Hardening, HardeningPanel } from './hardening-panel.tsx'
import { IncidentsPanel, type StateFilter } from './incidents-panel.tsx'
import { type Integrity, IntegrityPanel } from './integrity-panel.tsx'

/** What protects this server, what went wrong, and how to stop everything. */
export function SecurityPage() {
  const { api, emergency } = useSigned()
  const filter = useSignal<StateFilter>('all')
  const wanted = filter.value
  const hardening = useResource((signal) => readByTool<Hardening>(api, 'hardening_score', {}, signal))
  const integrity = useResource((signal) => readByTool<Integrity>(api, 'integrity_status', {}, signal))
  const incidents = useResource(
    (signal) =>
      api.ask<typeof listIncidents>('GET', '/api/v1/incidents', {
        query: wanted === 'all' ? {} : { state: wanted },
        signal,
      }),
    [wanted],
  )
  useNews(
    ({ type }) => type === 'agents_frozen' || type === 'agents_thawed',
    () => void incidents.reload(),
  )
  useNews(
    ({ type }) => type.startsWith('incident_'),
    () => void incidents.reload(),
  )
  useNews(
    ({ type }) => type === 'integrity_baseline',
    () => void integrity.reload(),
  )
  return (
    <PageFrame title={navigation.security.title} lead={words.lead}>
      <div class="split">
        <div class="stack">
          <EmergencyPanel emergency={emergency} />
          <IncidentsPanel incidents={incidents} filter={filter} />
        </div>
        <div class="stack">
          <IntegrityPanel integrity={integrity} />
          <HardeningPanel hardening={hardening} />
        </div>
      </div>
    </PageFrame>
  )
}

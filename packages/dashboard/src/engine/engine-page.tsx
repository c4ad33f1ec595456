import type { listAgents, listCredentials, listEngines } from '@castellan/contracts/api'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { engine as words } from '../strings/engine.ts'
import { navigation } from '../strings/navigation.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { AgentsPanel } from './agents-panel.tsx'
import { CredentialsPanel } from './credentials-panel.tsx'
import { EnginesPanel } from './engines-panel.tsx'

/** Who speaks, what it thinks with, and who pays. */
export function EnginePage() {
  const { api } = useSigned()
  const engines = useResource((signal) => api.ask<typeof listEngines>('GET', '/api/v1/engines', { signal }))
  const agents = useResource((signal) => api.ask<typeof listAgents>('GET', '/api/v1/agents', { signal }))
  const credentials = useResource((signal) => api.ask<typeof listCredentials>('GET', '/api/v1/credentials', { signal }))
  useNews(
    ({ type }) => type.startsWith('credential') && type !== 'credential_used',
    () => {
      void credentials.reload()
      void engines.reload()
    },
  )
  useNews(
    ({ type }) => type === 'agent_config_changed',
    () => void agents.reload(),
  )
  useNews(
    ({ type }) => type === 'engine_changed' || type === 'model_chosen',
    () => void engines.reload(),
  )
  return (
    <PageFrame title={navigation.engine.title} lead={words.lead}>
      <div class="split">
        <div class="stack">
          <AgentsPanel agents={agents} engines={engines} credentials={credentials} />
          <CredentialsPanel credentials={credentials} changed={() => void engines.reload()} />
        </div>
        <EnginesPanel engines={engines} />
      </div>
    </PageFrame>
  )
}

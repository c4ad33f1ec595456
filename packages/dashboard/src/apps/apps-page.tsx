import { useSignal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { RequestError } from '../connection/http.ts'
import { useNews } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { apps as words } from '../strings/apps.ts'
import { navigation } from '../strings/navigation.ts'
import { PageFrame, Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { AppRow } from './app-row.tsx'
import { changesApps } from './changes.ts'
import { DeployApp } from './deploy-app.tsx'
import { LogsDrawer } from './logs-drawer.tsx'
import type { AppListing } from './views.ts'

/** The programs that this server keeps running. `#/apps/NAME` has the logs of one open. */
export function AppsPage({ route }: PageProps) {
  const { api } = useSigned()
  const { router } = usePage()
  const listing = useResource((signal) => listApps(api, signal))
  const deploying = useSignal(false)
  const reload = () => void listing.reload()
  useNews(changesApps, reload)
  const state = listing.state.value
  const known = state.kind === 'ready' ? state.value : null
  const wanted = route.path[0]
  const shown = known?.apps.find(({ name }) => name === wanted)
  return (
    <PageFrame title={navigation.apps.title} lead={words.lead}>
      <Panel
        title={words.title}
        acts={
          <div class="thing-acts">
            <button type="button" class="quiet" onClick={reload}>
              {words.again}
            </button>
            {known?.unsupported === null && (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  deploying.value = true
                }}
              >
                {words.deploy}
              </button>
            )}
          </div>
        }
      >
        <Shown resource={listing} what={words.what}>
          {({ apps, unsupported }) => (
            <>
              {unsupported !== null && <Empty title={words.unsupported}>{unsupported}</Empty>}
              {unsupported === null && apps.length === 0 && <Empty title={words.none}>{words.noneLead}</Empty>}
              {apps.length > 0 && (
                <ul class="things">
                  {apps.map((app) => (
                    <AppRow
                      key={app.name}
                      app={app}
                      openLogs={() => router.go('apps', { path: [app.name] })}
                      changed={reload}
                    />
                  ))}
                </ul>
              )}
            </>
          )}
        </Shown>
      </Panel>
      {shown !== undefined && <LogsDrawer key={shown.name} name={shown.name} close={() => router.go('apps')} />}
      {deploying.value && (
        <DeployApp
          present={known?.apps ?? []}
          deployed={reload}
          close={() => {
            deploying.value = false
          }}
        />
      )}
    </PageFrame>
  )
}

/** Apps that were deployed elsewhere, as before a move of the state folder, make the tool refuse: that is a state of the host, no fault. */
async function listApps(api: Api, signal: AbortSignal): Promise<AppListing> {
  try {
    return await readByTool<AppListing>(api, 'app_list', {}, signal)
  } catch (error) {
    if (error instanceof RequestError && error.code === 'unsupported_host')
      return { apps: [], unsupported: error.message }
    throw error
  }
}

import { useNews } from '../live/live.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { allTools } from '../live/tools.ts'
import { useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { navigation } from '../strings/navigation.ts'
import { routines as words } from '../strings/routines.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { useRoutines } from './routine-list.ts'
import { RoutinesPanel } from './routines-panel.tsx'
import type { WatcherView } from './views.ts'
import { WatchersPanel } from './watchers-panel.tsx'

/** Watchers read in one call, as many as there can be. */
const MOST = 200

/** What happens by itself, and what is watched. `#/routines/NAME` has the history of one open. */
export function RoutinesPage({ route }: PageProps) {
  const { api } = useSigned()
  const list = useRoutines()
  const tools = useResource((signal) => allTools(api, signal))
  const watchers = useResource(async (signal) => {
    const answer = await readByTool<{ readonly watchers: readonly WatcherView[] }>(
      api,
      'watcher_list',
      { limit: MOST },
      signal,
    )
    return answer.watchers
  })
  useNews(
    ({ type, tool }) => type === 'watcher_changed' || (type === 'outcome' && CHANGES.has(tool ?? '')),
    () => void watchers.reload(),
  )
  return (
    <PageFrame title={navigation.routines.title} lead={words.lead}>
      <div class="split">
        <RoutinesPanel list={list} tools={tools} open={route.path[0] ?? null} />
        <WatchersPanel watchers={watchers} />
      </div>
    </PageFrame>
  )
}

const CHANGES: ReadonlySet<string> = new Set(['watcher_add', 'watcher_remove', 'undo_apply'])

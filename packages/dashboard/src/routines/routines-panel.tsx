import { useSignal } from '@preact/signals'
import type { Resource } from '../live/resource.ts'
import type { ToolSummary } from '../live/tools.ts'
import { usePage } from '../page.ts'
import { routines as words } from '../strings/routines.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { AddRoutine } from './add-routine.tsx'
import { HistoryDrawer } from './history-drawer.tsx'
import type { RoutineList } from './routine-list.ts'
import { RoutineRow } from './routine-row.tsx'

export interface RoutinesPanelProps {
  readonly list: RoutineList
  readonly tools: Resource<readonly ToolSummary[]>
  /** Whose history is open; null while none is. */
  readonly open: string | null
}

/** What happens by itself. */
export function RoutinesPanel({ list, tools, open }: RoutinesPanelProps) {
  const { router } = usePage()
  const adding = useSignal(false)
  const named = tools.state.value
  const byName = new Map(named.kind === 'ready' ? named.value.map((tool) => [tool.name, tool]) : [])
  const runs = list.runs.value
  const reload = () => void list.routines.reload()
  return (
    <Panel
      title={words.list.title}
      acts={
        <button
          type="button"
          class="quiet"
          onClick={() => {
            adding.value = true
          }}
        >
          {words.list.add}
        </button>
      }
    >
      <Shown resource={list.routines} what={words.list.what}>
        {(items) =>
          items.length === 0 ? (
            <Empty title={words.list.none}>{words.list.noneLead}</Empty>
          ) : (
            <ul class="things">
              {items.map((routine) => (
                <RoutineRow
                  key={routine.name}
                  routine={routine}
                  runs={runs.get(routine.name) ?? []}
                  running={list.isRunning(routine)}
                  tools={byName}
                  openHistory={() => router.go('routines', { path: [routine.name] })}
                  changed={reload}
                />
              ))}
            </ul>
          )
        }
      </Shown>
      {open !== null && (
        <HistoryDrawer key={open} name={open} newest={runs.get(open) ?? []} close={() => router.go('routines')} />
      )}
      {adding.value && (
        <AddRoutine
          tools={tools}
          added={reload}
          close={() => {
            adding.value = false
          }}
        />
      )}
    </Panel>
  )
}

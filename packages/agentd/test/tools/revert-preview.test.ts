import { expect, it } from 'vitest'
import type { Host } from '../../src/host/host.ts'
import { routineRemove } from '../../src/tools/routines/routine_remove.ts'
import { watcherRemove } from '../../src/tools/watchers/watcher_remove.ts'

const common = { name: 'web', description: '', agreed: true, createdBy: { kind: 'operator', name: 'operator' } }
const timing = { everySeconds: 60 }
const routine = { ...common, timing, calls: [{ tool: 'memory_list', args: {} }], catchUp: 'skip', onFailure: 'stop' }
const check = { kind: 'tcp', host: '127.0.0.1', port: 9 }
const watcher = { ...common, check, everySeconds: 60, failures: 3, graceSeconds: 120, ladder: [{ act: 'notify' }] }
const at = (seconds: number) => ({ createdAt: new Date(seconds * 1000).toISOString() })

/** A host where a routine and a watcher called `web` were added at that time, or none are. */
function hostWith(seconds: number | null): Host {
  const routines = { list: () => (seconds === null ? [] : [{ routine: { ...routine, ...at(seconds) } }]) }
  const watchers = { list: () => (seconds === null ? [] : [{ ...watcher, ...at(seconds) }]) }
  return { routines, watchers } as unknown as Host
}

const acts = {
  routine: { tool: routineRemove, data: { routine: { ...routine, jitterSeconds: 0, ...at(1) } } },
  watcher: { tool: watcherRemove, data: { watcher: { ...watcher, ...at(1) } } },
}

it.each([
  ['routine', 'removed', null, undefined],
  ['routine', 'removed', 2, 'already_exists'],
  ['routine', 'added', 1, undefined],
  ['routine', 'added', 2, 'world_moved_on'],
  ['routine', 'added', null, 'world_moved_on'],
  ['watcher', 'removed', null, undefined],
  ['watcher', 'removed', 2, 'already_exists'],
  ['watcher', 'added', 1, undefined],
  ['watcher', 'added', 2, 'world_moved_on'],
  ['watcher', 'added', null, 'world_moved_on'],
] as const)(
  'what undo would do to a %s that was %s, where there is one of time %s now: %s',
  async (name, kind, now, code) => {
    const { tool, data } = acts[name]
    const context = { host: hostWith(now), signal: AbortSignal.timeout(60_000), force: false, interrupted: false }
    const preview = tool.revertPreview?.({ kind, ...data }, context as never)
    if (code === undefined) expect((await preview)?.effects).toHaveLength(1)
    else await expect(preview).rejects.toMatchObject({ code })
  },
)

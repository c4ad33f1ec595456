import { CastellanError, type RevertContext, type RevertPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { checkInWords, Watcher } from '../../watchers/watcher.ts'

/** What taking back an addition or a removal needs. */
const WatcherInverse = z.strictObject({ kind: z.enum(['added', 'removed']), watcher: Watcher })

/** Takes back an addition or a removal; the inverse it keeps is the other one. */
export async function revertWatcher(
  data: unknown,
  { host, keepInverse }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { kind, watcher } = WatcherInverse.parse(data)
  if (kind === 'removed') {
    await keepInverse({ description: `Undo removes watcher ${watcher.name} again.`, data: { kind: 'added', watcher } })
    await host.watchers.add(watcher)
    return { summary: `Watcher ${watcher.name} is back.` }
  }
  const present = host.watchers.list().find(({ name }) => name === watcher.name)
  if (present?.createdAt !== watcher.createdAt) {
    throw new CastellanError('world_moved_on', `The watcher ${watcher.name} of that act is no longer there.`)
  }
  await keepInverse({ description: `Undo adds watcher ${watcher.name} again.`, data: { kind: 'removed', watcher } })
  await host.watchers.remove(watcher.name)
  return { summary: `Watcher ${watcher.name} is removed.` }
}

export function previewRevert(data: unknown): RevertPreview {
  const { kind, watcher } = WatcherInverse.parse(data)
  const what = kind === 'added' ? 'is removed' : 'is added again'
  return {
    effects: [`Watcher ${watcher.name} (that ${checkInWords(watcher.check)}) ${what}.`],
    undo: 'This can be undone again.',
  }
}

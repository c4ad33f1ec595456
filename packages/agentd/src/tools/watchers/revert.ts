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
  refuseWhereMoved(watcher, kind, host)
  if (kind === 'removed') {
    await keepInverse({ description: `Undo removes watcher ${watcher.name} again.`, data: { kind: 'added', watcher } })
    await host.watchers.add(watcher)
    return { summary: `Watcher ${watcher.name} is back.` }
  }
  await keepInverse({ description: `Undo adds watcher ${watcher.name} again.`, data: { kind: 'removed', watcher } })
  await host.watchers.remove(watcher.name)
  return { summary: `Watcher ${watcher.name} is removed.` }
}

/** Insisting helps against neither, so the preview refuses as the undo itself does. */
function refuseWhereMoved(watcher: Watcher, kind: 'added' | 'removed', host: Host): void {
  const present = host.watchers.list().find(({ name }) => name === watcher.name)
  if (kind === 'removed' && present !== undefined) {
    throw new CastellanError('already_exists', `There is a watcher ${watcher.name} now. Remove it first.`)
  }
  if (kind === 'added' && present?.createdAt !== watcher.createdAt) {
    throw new CastellanError('world_moved_on', `The watcher ${watcher.name} of that act is no longer there.`)
  }
}

/** Says what stands in the way by throwing what {@link revertWatcher} would. */
export function previewRevert(data: unknown, { host }: Pick<RevertContext<Host>, 'host'>): RevertPreview {
  const { kind, watcher } = WatcherInverse.parse(data)
  refuseWhereMoved(watcher, kind, host)
  const what = kind === 'added' ? 'is removed' : 'is added again'
  return {
    effects: [`Watcher ${watcher.name} (that ${checkInWords(watcher.check)}) ${what}.`],
    undo: 'This can be undone again.',
  }
}

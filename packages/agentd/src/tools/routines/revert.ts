import { CastellanError, type RevertContext, type RevertPreview } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { Routine } from '../../routines/routine.ts'
import { inWords } from '../../routines/timing.ts'

const Added = z.strictObject({ kind: z.literal('added'), routine: Routine })
const Removed = z.strictObject({ kind: z.literal('removed'), routine: Routine })
/** What taking back an addition or a removal needs. */
const RoutineInverse = z.discriminatedUnion('kind', [Added, Removed])

/** Takes back an addition or a removal; the inverse it keeps is the other one. */
export async function revertRoutine(
  data: unknown,
  { host, keepInverse }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { kind, routine } = RoutineInverse.parse(data)
  refuseWhereMoved(routine, kind, host)
  if (kind === 'removed') {
    await keepInverse({ description: `Undo removes routine ${routine.name} again.`, data: { kind: 'added', routine } })
    await host.routines.add(routine)
    return { summary: `Routine ${routine.name} is back.` }
  }
  await keepInverse({ description: `Undo adds routine ${routine.name} again.`, data: { kind: 'removed', routine } })
  await host.routines.remove(routine.name)
  return { summary: `Routine ${routine.name} is removed.` }
}

/** Insisting helps against neither, so the preview refuses as the undo itself does. */
function refuseWhereMoved(routine: Routine, kind: 'added' | 'removed', host: Host): void {
  const present = host.routines.list().find((state) => state.routine.name === routine.name)?.routine
  if (kind === 'removed' && present !== undefined) {
    throw new CastellanError('already_exists', `There is a routine ${routine.name} now. Remove it first.`)
  }
  if (kind === 'added' && present?.createdAt !== routine.createdAt) {
    throw new CastellanError('world_moved_on', `The routine ${routine.name} of that act is no longer there.`)
  }
}

/** Says what stands in the way by throwing what {@link revertRoutine} would. */
export function previewRevert(data: unknown, { host }: Pick<RevertContext<Host>, 'host'>): RevertPreview {
  const { kind, routine } = RoutineInverse.parse(data)
  refuseWhereMoved(routine, kind, host)
  const what = kind === 'added' ? 'is removed' : 'is added again'
  return {
    effects: [`Routine ${routine.name} (${inWords(routine.timing)}) ${what}.`],
    undo: 'This can be undone again.',
  }
}

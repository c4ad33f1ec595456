import {
  CastellanError,
  type RevertContext,
  type RevertPreview,
  type RevertPreviewContext,
  type ToolContext,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { type ActOutput, act, actable, answer, isUp } from './acting.ts'

const UpOrDown = z.enum(['up', 'down'])
type UpOrDown = z.infer<typeof UpOrDown>

/** What taking back a start or a stop needs. */
const Switched = z.strictObject({ unit: z.string(), before: UpOrDown, after: UpOrDown })

const verbTo = { up: 'start', down: 'stop' } as const

/**
 * Brings a unit up or down, and keeps how to take that back. Does nothing where it is so already. A transient unit that stops is
 * gone, so there is nothing to keep.
 */
export async function switchUnit(
  name: string,
  after: UpOrDown,
  { host, signal, keepInverse }: Pick<ToolContext<Host>, 'host' | 'signal' | 'keepInverse'>,
): Promise<ActOutput> {
  const unit = await actable(host, verbTo[after], name, signal)
  const before: UpOrDown = isUp(unit) ? 'up' : 'down'
  // A failed unit is down already; stopping it is no change that could be taken back.
  if (before === after) return answer(unit, unit, false)
  if (after === 'down' && unit.transient) return act(host, 'stop', unit, signal)
  const description = `${before === 'up' ? 'Starts' : 'Stops'} ${unit.unit} again.`
  await keepInverse({ description, data: { unit: unit.unit, before, after } })
  return act(host, verbTo[after], unit, signal)
}

/** Takes back {@link switchUnit}. Throws `world_moved_on` where the unit is no longer as the act left it. */
export async function revertSwitch(
  data: unknown,
  { host, force, interrupted, signal, keepInverse }: RevertContext<Host>,
): Promise<{ summary: string }> {
  const { unit, before } = Switched.parse(data)
  const { movedOn } = await previewSwitchBack(data, { host, signal, interrupted })
  if (movedOn !== undefined && !force) {
    throw new CastellanError('world_moved_on', `${movedOn} The operator can insist: \`agentctl undo NUMBER --force\`.`)
  }
  const { changed, activeState } = await switchUnit(unit, before, { host, signal, keepInverse })
  return { summary: changed ? `${unit} is ${activeState} again.` : `${unit} was ${activeState} already.` }
}

export async function previewSwitchBack(
  data: unknown,
  { host, signal, interrupted }: RevertPreviewContext<Host>,
): Promise<RevertPreview> {
  const { unit, before, after } = Switched.parse(data)
  const now = await host.systemd.unit(unit, signal)
  // An act that was interrupted may not have come to its effect: then there is nothing to take back.
  const moved = !interrupted && isUp(now) !== (after === 'up')
  return {
    effects: [`${unit} is ${now.activeState} now and would be ${before === 'up' ? 'started' : 'stopped'}.`],
    undo: `Undoing the undo would ${after === 'up' ? 'start' : 'stop'} it again.`,
    ...(moved
      ? {
          movedOn: `${unit} was ${after === 'up' ? 'started' : 'stopped'} by this act, but it is ${now.activeState} now.`,
        }
      : {}),
  }
}

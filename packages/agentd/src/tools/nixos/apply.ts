import { CastellanError, type ToolContext } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { optionName } from '../../host/nixos/options.ts'
import type { Setting } from '../../host/nixos/overlay.ts'
import { makeSwitch, planSchema } from '../switch/plan.ts'
import type { SwitchView } from '../switch/view.ts'

/** What undoing a change of the overlay needs: what the option was set to before and after, and the system that was left. */
export const OverlayInverse = z.strictObject({
  path: z.array(z.string()),
  before: z.json().optional(),
  wasSet: z.boolean(),
  after: z.json().optional(),
  isSet: z.boolean(),
  applied: z.boolean(),
  system: z.strictObject({ path: z.string(), generation: z.int().nullable() }).nullable(),
})
export type OverlayInverse = z.infer<typeof OverlayInverse>

export interface Applied {
  readonly path: string
  readonly switch: SwitchView
}

/**
 * Builds the configuration with the changed overlay and switches to it under guard. Where either fails, `putBack` takes the change of the overlay
 * back, so that it says what the host is, and the error goes on.
 */
export async function buildAndSwitch(
  reason: string,
  putBack: (signal: AbortSignal) => Promise<unknown>,
  context: ToolContext<Host>,
): Promise<Applied> {
  const { host, progress, signal } = context
  try {
    const { path } = await host.nixos.build(true, progress, signal)
    const running = await host.nix.running()
    if (path === running.path) throw new NothingChanged(path)
    // The inverse is kept already: the act is the change of the option, of which the switch is a part.
    const quiet = { ...context, keepInverse: async () => undefined }
    return { path, switch: await makeSwitch({ path, generation: null }, planSchema.parse({ reason }), quiet) }
  } catch (error) {
    if (error instanceof NothingChanged) throw error
    await putBack(AbortSignal.timeout(10_000))
    throw error
  }
}

/** The system built is the one that runs: the configuration does not take the overlay up, or the value was so already. */
export class NothingChanged extends Error {
  readonly path: string

  constructor(path: string) {
    super(`the configuration builds ${path}, which runs already`)
    this.path = path
  }
}

/** Throws `world_moved_on` where the option was set again since. */
export async function refuseMoved({ path, after, isSet }: OverlayInverse, host: Host, force: boolean): Promise<void> {
  const moved = await movedOn({ path, after, isSet }, host)
  if (moved !== undefined && !force) throw new CastellanError('world_moved_on', `${moved} The operator can insist.`)
}

export async function movedOn(
  { path, after, isSet }: Pick<OverlayInverse, 'path' | 'after' | 'isSet'>,
  host: Host,
): Promise<string | undefined> {
  const now = await host.nixos.overlay.find(path)
  const same = isSet ? now !== undefined && JSON.stringify(now.value) === JSON.stringify(after) : now === undefined
  return same ? undefined : `${optionName(path)} was ${now === undefined ? 'unset' : 'set again'} since.`
}

export function settingOf(path: readonly string[], value: Setting['value'], by: string, reason: string): Setting {
  return { path: [...path], value, setAt: new Date().toISOString(), setBy: by, reason }
}

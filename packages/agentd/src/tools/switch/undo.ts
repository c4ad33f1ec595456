import { CastellanError, type PreviewContext, type RevertContext, type RevertPreview } from '@castellan/contracts'
import type { Host } from '../../host/index.ts'
import { makeSwitch, planSchema, WayBack } from './plan.ts'

/** Undoing an act that switched: back to the system that ran before, through SafeSwitch like any switch. */
export async function switchBack(data: unknown, context: RevertContext<Host>): Promise<{ summary: string }> {
  const { path, generation, left } = WayBack.parse(data)
  const moved = await movedOn(left, context.host)
  if (moved !== undefined && !context.force)
    throw new CastellanError('world_moved_on', `${moved} The operator can insist.`)
  const running = await context.host.nix.running()
  if (running.path === path) return { summary: `${path} runs already; there was nothing to take back.` }
  const plan = planSchema.parse({ reason: 'An act is taken back.', force: context.force })
  const view = await makeSwitch({ path, generation }, plan, context)
  return { summary: `Switched back to ${path} (switch ${view.id}, ${view.phase}).` }
}

export async function switchBackPreview(data: unknown, { host }: PreviewContext<Host>): Promise<RevertPreview> {
  const { path, left } = WayBack.parse(data)
  const [{ refusals, effects }, moved] = await Promise.all([host.switch.foresee(path, {}), movedOn(left, host)])
  return {
    effects: [...refusals.map((reason) => `It would be refused: ${reason}.`), ...effects],
    undo: 'Switching back is a switch like any other and can be undone in the same way.',
    ...(moved === undefined ? {} : { movedOn: moved }),
  }
}

async function movedOn(left: string, host: Host): Promise<string | undefined> {
  const { path } = await host.nix.running()
  return path === left ? undefined : `Since then the host was switched again: ${path} runs now.`
}

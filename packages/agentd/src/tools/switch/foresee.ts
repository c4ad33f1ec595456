import type { PreviewContext, ToolPreview } from '@castellan/contracts'
import type { Host } from '../../host/index.ts'
import type { SwitchPlan } from '../../switch/record.ts'
import { packageDiff, sentencesOf } from '../nixos/changes.ts'

/** What a switch to a system would do, for the person who is asked. */
export async function foreseen(
  path: string,
  plan: Partial<SwitchPlan>,
  { host, signal }: PreviewContext<Host>,
): Promise<ToolPreview> {
  const { refusals, effects } = await host.switch.foresee(path, plan)
  const changes = await host.nix.changes((await host.nix.running()).path, path, signal)
  const diff = packageDiff(changes.packages)
  return {
    effects: [...refusals.map((reason) => `It would be refused: ${reason}.`), ...effects, ...sentencesOf(changes)],
    ...(diff === '' ? {} : { diff }),
    undo: 'Undo switches back to the system that runs now, under guard as well; what services did meanwhile stays.',
  }
}

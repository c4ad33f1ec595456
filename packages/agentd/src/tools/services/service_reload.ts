import { CastellanError } from '@castellan/contracts'
import type { Host } from '../../host/host.ts'
import type { UnitDetail } from '../../host/systemd.ts'
import { defineTool } from '../define.ts'
import { ActInput, ActOutput, act, actable, actLimits, actResources, previewAct, stateSentence } from './acting.ts'

export const serviceReload = defineTool({
  name: 'service_reload',
  title: 'Reload a service',
  description:
    'Has a running service read its configuration again without stopping. Services that cannot do that are refused; ' +
    'service_restart is for them.',
  input: ActInput,
  output: ActOutput,
  effect: 'change',
  undo: 'none',
  limits: actLimits,
  summary: (output) => `Reloaded: ${stateSentence(output)}`,
  resources: ({ unit }, host) => actResources('reload', unit, host),
  preview: async ({ unit }, { host, signal }) => {
    await reloadable(host, unit, signal)
    const words = {
      effect: ({ unit }: { unit: string }) => `${unit} reads its configuration again and goes on running.`,
      undo: () => 'A reload cannot be taken back; reloading again after the configuration was put back comes closest.',
    }
    return previewAct(host, 'reload', unit, words, signal)
  },
  run: async ({ unit }, { host, signal }) => act(host, 'reload', await reloadable(host, unit, signal), signal),
})

async function reloadable(host: Host, name: string, signal: AbortSignal): Promise<UnitDetail> {
  const unit = await actable(host, 'reload', name, signal)
  if (!unit.canReload) {
    throw new CastellanError(
      'conflict',
      `${unit.unit} has no way to reload. service_restart stops it and starts it anew.`,
    )
  }
  if (unit.activeState !== 'active') {
    throw new CastellanError(
      'conflict',
      `${unit.unit} is ${unit.activeState}, so there is nothing to reload. service_start starts it.`,
    )
  }
  return unit
}

import { defineTool } from '../define.ts'
import { ActInput, ActOutput, actLimits, actResources, previewAct, stateSentence } from './acting.ts'
import { previewSwitchBack, revertSwitch, switchUnit } from './switching.ts'

export const serviceStart = defineTool({
  name: 'service_start',
  title: 'Start a service',
  description:
    'Starts a systemd service, with what it needs, and answers whether it stays up. Until the next boot only: whether it ' +
    'starts then is the configuration’s business.',
  input: ActInput,
  output: ActOutput,
  effect: 'change',
  undo: 'inverse',
  limits: actLimits,
  summary: (output) =>
    output.changed ? `Started: ${stateSentence(output)}` : `Nothing to start: ${stateSentence(output)}`,
  resources: ({ unit }, host) => actResources('start', unit, host),
  preview: ({ unit }, { host, signal }) => {
    const words = {
      effect: ({ unit }: { unit: string }) => `Starts ${unit}.`,
      undo: () => 'Undo stops it again. What it did while it ran stays done.',
    }
    return previewAct(host, 'start', unit, words, signal)
  },
  run: ({ unit }, context) => switchUnit(unit, 'up', context),
  revertPreview: previewSwitchBack,
  revert: revertSwitch,
})

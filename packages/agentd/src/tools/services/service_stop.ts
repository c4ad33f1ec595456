import { defineTool } from '../define.ts'
import { ActInput, ActOutput, actLimits, actResources, previewAct, stateSentence } from './acting.ts'
import { previewSwitchBack, revertSwitch, switchUnit } from './switching.ts'

export const serviceStop = defineTool({
  name: 'service_stop',
  title: 'Stop a service',
  description:
    'Stops a systemd service and whatever cannot run without it. It starts again at the next boot if it is enabled. ' +
    'Castellan’s own units, the journal and the message bus are refused.',
  input: ActInput,
  output: ActOutput,
  effect: 'change',
  undo: 'inverse',
  limits: actLimits,
  summary: (output) =>
    output.changed ? `Stopped: ${stateSentence(output)}` : `Nothing to stop: ${stateSentence(output)}`,
  resources: ({ unit }, host) => actResources('stop', unit, host),
  preview: ({ unit }, { host, signal }) => {
    const words = {
      effect: ({ unit }: { unit: string }) => `Stops ${unit}; what it serves is gone until it is started again.`,
      undo: ({ transient }: { transient: boolean }) =>
        transient
          ? 'It was made by a program and is gone once it has stopped: undo cannot bring it back.'
          : 'Undo starts it again. Connections and work that the stop cut off do not come back.',
    }
    return previewAct(host, 'stop', unit, words, signal)
  },
  run: ({ unit }, context) => switchUnit(unit, 'down', context),
  revertPreview: previewSwitchBack,
  revert: revertSwitch,
})

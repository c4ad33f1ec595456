import { defineTool } from '../define.ts'
import { ActInput, ActOutput, act, actable, actLimits, actResources, previewAct, stateSentence } from './acting.ts'

export const serviceRestart = defineTool({
  name: 'service_restart',
  title: 'Restart a service',
  description:
    'Stops a systemd service and starts it anew, and answers whether it stays up. A service that was not running is started.',
  input: ActInput,
  output: ActOutput,
  effect: 'change',
  undo: 'none',
  limits: actLimits,
  summary: (output) => `Restarted: ${stateSentence(output)}`,
  resources: ({ unit }, host) => actResources('restart', unit, host),
  preview: ({ unit }, { host, signal }) => {
    const words = {
      effect: ({ unit }: { unit: string }) => `Stops ${unit} and starts it anew; connections to it are cut.`,
      undo: () => 'A restart cannot be taken back.',
    }
    return previewAct(host, 'restart', unit, words, signal)
  },
  run: async ({ unit }, { host, signal }) => act(host, 'restart', await actable(host, 'restart', unit, signal), signal),
})

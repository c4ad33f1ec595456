import { changeLimits, defineTool } from '../define.ts'
import { duration, moment } from '../words.ts'
import { EndingInput, EndingOutput, previewEnding, scheduleEnding } from './ending.ts'

export const systemShutdown = defineTool({
  name: 'system_shutdown',
  title: 'Shut down',
  description:
    'Turns the machine off after a delay, by a systemd timer that service_stop can call off until then. Somebody has to turn it on ' +
    'again: no tool can.',
  input: EndingInput,
  output: EndingOutput,
  effect: 'destroy',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 10 },
  summary: ({ at, delaySeconds, timer }) =>
    `The machine turns off in ${duration(delaySeconds)}, at ${moment(at)}. service_stop ${timer} calls it off.`,
  resources: () => [{ kind: 'machine', id: 'power', access: 'write' }],
  preview: (input, { host, signal }) => previewEnding('shutdown', input, host, signal),
  run: (input, { host, signal }) => scheduleEnding('shutdown', input, host, signal),
})

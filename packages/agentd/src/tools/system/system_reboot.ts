import { changeLimits, defineTool } from '../define.ts'
import { duration, moment } from '../words.ts'
import { EndingInput, EndingOutput, previewEnding, scheduleEnding } from './ending.ts'

export const systemReboot = defineTool({
  name: 'system_reboot',
  title: 'Reboot',
  description:
    'Restarts the machine after a delay, by a systemd timer that service_stop can call off until then. The answer comes, and is ' +
    'recorded, before the machine goes.',
  input: EndingInput,
  output: EndingOutput,
  effect: 'destroy',
  undo: 'none',
  limits: { ...changeLimits, perMinute: 10 },
  summary: ({ at, delaySeconds, timer }) =>
    `The machine restarts in ${duration(delaySeconds)}, at ${moment(at)}. service_stop ${timer} calls it off.`,
  resources: () => [{ kind: 'machine', id: 'power', access: 'write' }],
  preview: (input, { host, signal }) => previewEnding('reboot', input, host, signal),
  run: (input, { host, signal }) => scheduleEnding('reboot', input, host, signal),
})

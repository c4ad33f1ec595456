import { AgentName } from '@castellan/contracts'
import { z } from 'zod'
import { bareHost } from '../../host/probes/http.ts'
import { Check, checkInWords, Step, stepInWords, Watcher } from '../../watchers/watcher.ts'
import { changeLimits, defineTool } from '../define.ts'
import { hostResource } from '../network/fields.ts'
import { unitResources } from '../services/acting.ts'
import { count } from '../words.ts'
import { presentWatcher, shownWatcher } from './fields.ts'
import { previewRevert, revertWatcher } from './revert.ts'

export const watcherAdd = defineTool({
  name: 'watcher_add',
  title: 'Add a watcher',
  description:
    'Looks at a unit, port, web address, disk, memory or load again and again; when it stays wrong, climbs a ladder: restart, ' +
    'roll back, notify. Agreeing to it is agreeing to these steps.',
  input: z.strictObject({
    name: AgentName.describe('Name of the watcher: lower-case letters, digits and dashes, e.g. "web".'),
    description: z.string().max(500).default('').describe('What it is for, in a sentence.'),
    check: Check.describe(
      'What to look at: {"kind":"unit","unit":"nginx.service"}, {"kind":"tcp","host":"127.0.0.1","port":5432}, ' +
        '{"kind":"http","url":"http://127.0.0.1/","status":null}, {"kind":"disk","path":"/","abovePercent":90}, ' +
        '{"kind":"memory","abovePercent":95} or {"kind":"load","abovePerCpu":4}.',
    ),
    ladder: z
      .array(Step)
      .min(1)
      .max(6)
      .default([{ act: 'notify' }])
      .describe('Steps in order: {"act":"restart","unit":"nginx.service"}, {"act":"rollback"}, {"act":"notify"}.'),
    everySeconds: z.int().min(10).max(86_400).default(60).describe('Seconds from look to look, 10 to 86400.'),
    failures: z.int().min(1).max(20).default(3).describe('Looks in a row that have to find it wrong first, 1 to 20.'),
    graceSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(120)
      .describe('Seconds that a step is given to help before the next one.'),
  }),
  output: z.strictObject({ watcher: shownWatcher }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ watcher }) =>
    `Watcher ${watcher.name} looks every ${watcher.everySeconds} s whether ${watcher.check}; after ` +
    `${count(watcher.failures, 'failed look')}: ${watcher.ladder.join(', then ')}.`,
  resources: async ({ name, check, ladder }, host) => {
    const restarts = ladder.flatMap((step) => (step.act === 'restart' ? [step.unit] : []))
    return [
      { kind: 'machine', id: `watcher:${name}`, access: 'write' },
      ...(check.kind === 'tcp' ? hostResource(check.host) : []),
      ...(check.kind === 'http' ? hostResource(bareHost(new URL(check.url))) : []),
      ...(await Promise.all(restarts.map((unit) => unitResources(unit, host, 'write')))).flat(),
    ]
  },
  preview: async ({ check, everySeconds, failures, ladder, graceSeconds }) => ({
    effects: [
      `Every ${everySeconds} s it is looked whether ${checkInWords(check)}.`,
      `After ${count(failures, 'look')} in a row that found it otherwise, without asking again: ${ladder.map(stepInWords).join(', then ')}; ${graceSeconds} s from step to step.`,
    ],
    undo: 'Undo removes the watcher. What its steps did by then stays.',
  }),
  run: async (input, { host, call, agreed, keepInverse }) => {
    const createdBy = { kind: call.caller, name: call.agent }
    const watcher = Watcher.parse({ ...input, agreed, createdBy, createdAt: new Date().toISOString() })
    await keepInverse({ description: `Undo removes watcher ${watcher.name}.`, data: { kind: 'added', watcher } })
    return { watcher: presentWatcher(await host.watchers.add(watcher)) }
  },
  revertPreview: async (data, context) => previewRevert(data, context),
  revert: revertWatcher,
})

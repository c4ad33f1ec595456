import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { SwitchId } from '../../switch/record.ts'
import { defineTool } from '../define.ts'
import { switchLimits } from './plan.ts'
import { orThrow, progressOf, SwitchView, sentenceOf } from './view.ts'

export const switchCommit = defineTool({
  name: 'switch_commit',
  title: 'Confirm a switch',
  description:
    "Gives a person's word that the new system is good, where a switch waits for it, and waits until it is committed. Without it the switch goes back by itself.",
  input: z.strictObject({ id: SwitchId.optional().describe('Which switch. Default the one being made.') }),
  output: SwitchView,
  effect: 'change',
  undo: 'none',
  limits: switchLimits,
  summary: sentenceOf,
  resources: (_input, host) => [
    { kind: 'generation', id: host.switch.current()?.to.path ?? 'unknown', access: 'write' },
  ],
  preview: async (_input, { host }) => {
    const record = host.switch.current()
    return {
      effects:
        record === undefined
          ? ['No switch is being made, so this would be refused.']
          : [
              `Makes ${record.to.path} what boots from now on, in place of ${record.bootDefault.path}.`,
              ...record.notices,
            ],
      undo: 'Undoing the switch itself switches back to the old system.',
    }
  },
  run: async ({ id }, { host, call, agreed, progress, signal }) => {
    // The word has to be a person's: an agent whom policy lets through without asking has none to give.
    if (!agreed)
      throw new CastellanError('forbidden', 'Only a person may confirm a switch, and nobody was asked about this call.')
    const record = await host.switch.confirm(id, call.caller === 'operator' ? 'The operator' : 'A person', {
      signal,
      onStep: (step) => progress(progressOf(step)),
    })
    return orThrow(record)
  },
})

import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/index.ts'
import { SwitchId } from '../../switch/record.ts'
import { defineTool } from '../define.ts'
import { makeSwitch, planSchema, switchLimits } from './plan.ts'
import { switchBack, switchBackPreview } from './undo.ts'
import { progressOf, SwitchView, sentenceOf, viewOf } from './view.ts'

export const switchRollback = defineTool({
  name: 'switch_rollback',
  title: 'Take back a switch',
  description:
    'Goes back to the system that ran before the switch that is being made or staged; where none is, switches back from the newest committed one, under guard.',
  input: z.strictObject({
    id: SwitchId.optional().describe('Which switch. Default the one being made, else the newest committed.'),
  }),
  output: SwitchView,
  effect: 'change',
  undo: 'generation',
  limits: switchLimits,
  summary: sentenceOf,
  resources: async ({ id }, host) => [{ kind: 'generation', id: (await target(id, host)).from.path, access: 'write' }],
  preview: async ({ id }, { host }) => {
    const record = await target(id, host)
    const open = host.switch.current()?.id === record.id
    return {
      effects: open
        ? [`Takes back switch ${record.id}: ${record.from.path} runs again within seconds.`, ...record.notices]
        : [...(await host.switch.foresee(record.from.path, {})).effects],
      undo: 'Undo switches to the new system again, under guard.',
    }
  },
  run: async ({ id }, context) => {
    const { host, call, keepInverse, progress, signal } = context
    const record = await target(id, host)
    if (host.switch.current()?.id === record.id) {
      await keepInverse({
        description: `Switches to ${record.to.path} again.`,
        data: { ...record.to, left: record.from.path },
      })
      const by = call.caller === 'operator' ? 'The operator' : `The agent ${call.agent}`
      const ended = await host.switch.rollBack(record.id, by, { signal, onStep: (step) => progress(progressOf(step)) })
      if (ended.phase === 'rolled_back' || ended.phase === 'refused') return viewOf(ended)
      throw new CastellanError('switch_rollback_failed', sentenceOf(viewOf(ended)), { detail: viewOf(ended) })
    }
    if (record.phase !== 'committed') {
      throw new CastellanError(
        'conflict',
        `Switch ${record.id} is over (${record.phase}): there is nothing to take back.`,
      )
    }
    const { path } = await host.nix.running()
    if (path !== record.to.path) {
      throw new CastellanError(
        'conflict',
        `Since switch ${record.id} the host was switched again: ${path} runs. Name a generation with generation_switch.`,
      )
    }
    const plan = planSchema.parse({ reason: `Switch ${record.id} is taken back.` })
    return makeSwitch(record.from, plan, context)
  },
  revert: switchBack,
  revertPreview: switchBackPreview,
})

/** The switch that is meant. Throws `not_found`. */
async function target(id: SwitchId | undefined, host: Host) {
  if (id !== undefined) return host.switch.status(id)
  const record = host.switch.current() ?? (await host.switch.list()).find(({ phase }) => phase === 'committed')
  if (record !== undefined) return record
  throw new CastellanError(
    'not_found',
    'No switch is being made and none was committed, so there is none to take back.',
  )
}

import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { SwitchId } from '../../switch/record.ts'
import { defineTool, readLimits } from '../define.ts'
import { SwitchView, sentenceOf, viewOf } from './view.ts'

export const switchStatus = defineTool({
  name: 'switch_status',
  title: 'Switch status',
  description:
    'Where a switch between systems stands: its phase, what it waits for, what its checks found, and every step so far.',
  input: z.strictObject({
    id: SwitchId.optional().describe('Which one. Default the one being made, else the newest.'),
  }),
  output: SwitchView,
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: sentenceOf,
  taints: () => ['untrusted-text'],
  run: async ({ id }, { host }) => {
    const record =
      id === undefined ? (host.switch.current() ?? (await host.switch.list())[0]) : await host.switch.status(id)
    if (record !== undefined) return viewOf(record)
    throw new CastellanError('not_found', 'No switch was made on this host yet.')
  },
})

import { z } from 'zod'
import { changeLimits, defineTool } from '../define.ts'
import { oneLine } from '../words.ts'
import { idField } from './fields.ts'

export const memoryForget = defineTool({
  name: 'memory_forget',
  title: 'Forget',
  description: 'Forgets a fact for good: it is overwritten on disk, and nothing brings it back.',
  input: z.strictObject({ id: idField }),
  output: z.strictObject({ id: z.int() }),
  effect: 'destroy',
  undo: 'none',
  limits: changeLimits,
  // What was forgotten is not said again: the ledger would keep it.
  summary: ({ id }) => `Number ${id} is forgotten.`,
  resources: () => [{ kind: 'machine', id: 'memory', access: 'write' }],
  preview: async ({ id }, { host }) => ({
    effects: [`Forgets: ${oneLine(host.memory.find(id).text, 400)}`],
    undo: 'Nothing brings it back. The ledger still has the call that stored it until its payload is erased.',
  }),
  run: async ({ id }, { host }) => {
    host.memory.forget(id)
    return { id }
  },
})

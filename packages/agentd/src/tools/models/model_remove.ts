import type { RevertContext } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { changeLimits, defineTool } from '../define.ts'
import { idField, presentModel, shownModel, tellModel } from './fields.ts'

/** Which model, and whether it was out of use before. */
const RemovalInverse = z.strictObject({ id: z.string(), removed: z.boolean() })

export const modelRemove = defineTool({
  name: 'model_remove',
  title: 'Remove a model',
  description: 'Takes an imported model out of use. Its file is kept, so that undo can bring it back.',
  input: z.strictObject({ id: idField }),
  output: z.strictObject({ model: shownModel }),
  effect: 'change',
  undo: 'inverse',
  limits: changeLimits,
  summary: ({ model }) => `${tellModel(model)} is out of use.`,
  resources: ({ id }) => [{ kind: 'model', id, access: 'write' }],
  preview: async ({ id }, { host }) => {
    const { model } = await host.models.find(id)
    return {
      effects: [`${tellModel(presentModel(model))} may no longer be used.`],
      undo: 'Undo brings it back; its file stays on disk.',
    }
  },
  run: async ({ id }, { host, keepInverse }) => {
    const { model } = await host.models.find(id)
    await keepInverse({ description: `Undo brings ${model.name} back into use.`, data: { id, removed: model.removed } })
    return { model: presentModel(await host.models.setRemoved(id, true)) }
  },
  revertPreview: async (data) => {
    const { id, removed } = RemovalInverse.parse(data)
    return {
      effects: [`The model ${id} is ${removed ? 'out of' : 'in'} use again.`],
      undo: 'This can be undone again.',
    }
  },
  revert: async (data, { host, keepInverse }: RevertContext<Host>) => {
    const { id, removed } = RemovalInverse.parse(data)
    await keepInverse({ description: `Undo puts the model ${id} back as it was.`, data: { id, removed: !removed } })
    const { name } = await host.models.setRemoved(id, removed)
    return { summary: `${name} is ${removed ? 'out of' : 'in'} use again.` }
  },
})

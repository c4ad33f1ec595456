import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { idField, presentModel, shownModel, tellModel } from './fields.ts'

export const modelStatus = defineTool({
  name: 'model_status',
  title: 'Status of a model',
  description:
    'One imported model: what it is, whether its file is there and where, and whether it is in use or was removed.',
  input: z.strictObject({ id: idField }),
  output: z.strictObject({ model: shownModel, path: z.string(), present: z.boolean() }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  taints: () => ['untrusted-text'],
  summary: ({ model, path, present }) => {
    const where = present ? `its file is ${path}` : `its file ${path} is gone`
    return `${tellModel(model)} is ${model.removed ? 'out of use' : 'ready for use'}; ${where}.`
  },
  resources: ({ id }) => [{ kind: 'model', id, access: 'read' }],
  run: async ({ id }, { host }) => {
    const { model, path, present } = await host.models.find(id)
    return { model: presentModel(model), path, present }
  },
})

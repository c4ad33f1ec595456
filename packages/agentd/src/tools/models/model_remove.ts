import { CastellanError, type RevertContext } from '@castellan/contracts'
import { z } from 'zod'
import type { Host } from '../../host/host.ts'
import { changeLimits, defineTool } from '../define.ts'
import { idField, presentModel, shownModel, tellModel } from './fields.ts'

/** Which model, and whether it was out of use before. */
const RemovalInverse = z.strictObject({ id: z.string(), removed: z.boolean() })

export const modelRemove = defineTool({
  name: 'model_remove',
  title: 'Remove a model',
  description:
    'Takes an imported model out of use, also where it is loaded. Its file is kept, so that undo can bring it back.',
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
  run: async ({ id }, { host, call, keepInverse }) => {
    const { model } = await host.models.find(id)
    await keepInverse({ description: `Undo brings ${model.name} back into use.`, data: { id, removed: model.removed } })
    return { model: presentModel(await host.models.setRemoved(id, true, call.agent)) }
  },
  revertPreview: async (data, { host }) => {
    const { id, removed } = RemovalInverse.parse(data)
    const now = await registered(host, id)
    const use = `${removed ? 'out of' : 'in'} use`
    const preview = { effects: [`The model ${now?.name ?? id} is ${use} again.`], undo: 'This can be undone again.' }
    if (now === undefined)
      return { ...preview, movedOn: `The model ${id} is no longer here; it can be imported again.` }
    return now.removed === removed ? { ...preview, movedOn: `The model ${now.name} is ${use} already.` } : preview
  },
  revert: async (data, { host, call, keepInverse }: RevertContext<Host>) => {
    const { id, removed } = RemovalInverse.parse(data)
    await keepInverse({ description: `Undo puts the model ${id} back as it was.`, data: { id, removed: !removed } })
    const { name } = await host.models.setRemoved(id, removed, call.agent)
    return { summary: `${name} is ${removed ? 'out of' : 'in'} use again.` }
  },
})

async function registered(host: Host, id: string) {
  try {
    return (await host.models.find(id)).model
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'not_found') return undefined
    throw error
  }
}

import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { limitField, truncatedField } from '../fields.ts'
import { count, list } from '../words.ts'
import { presentModel, shownModel, tellModel } from './fields.ts'

export const modelList = defineTool({
  name: 'model_list',
  title: 'Models',
  description:
    'The models that were imported on this machine, with size, architecture, digest and where each came from.',
  input: z.strictObject({
    removed: z.boolean().default(false).describe('Also those that were taken out of use.'),
    limit: limitField(200, 50, 'models'),
    offset: z.int().min(0).default(0).describe('Models to skip, to see the rest of a long list.'),
  }),
  output: z.strictObject({ models: z.array(shownModel), total: z.int(), truncated: truncatedField }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  // Names are the models' own words.
  taints: ({ models }) => (models.length === 0 ? [] : ['untrusted-text']),
  summary: ({ models, total }) =>
    total === 0
      ? 'No model was imported; the built-in one comes with Castellan.'
      : `${count(total, 'imported model')}: ${list(models.map(tellModel))}.`,
  run: async ({ removed, limit, offset }, { host }) => {
    const all = (await host.models.list()).filter((model) => removed || !model.removed)
    const models = fitting(all.slice(offset, offset + limit).map(presentModel), readLimits.outputBytes)
    return { models, total: all.length, truncated: offset + models.length < all.length }
  },
})

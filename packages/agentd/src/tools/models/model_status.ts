import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { fitting } from '../cut.ts'
import { defineTool, readLimits } from '../define.ts'
import { truncatedField } from '../fields.ts'
import { count } from '../words.ts'
import { idField, presentImport, presentModel, shownImport, shownModel, tellModel } from './fields.ts'

/** Imports shown where none is named. */
const MOST_IMPORTS = 20

export const modelStatus = defineTool({
  name: 'model_status',
  title: 'Status of a model',
  description:
    'One imported model with its file and what the quarantine said of it; or one import, also while it goes on; or, without ' +
    'an id, the newest imports.',
  input: z.strictObject({
    id: idField
      .or(z.string().regex(/^imp_[0-9a-f]{16}$/, 'must be 16 hex digits, or imp_ and 16 hex digits'))
      .optional()
      .describe('Id of a model (16 hex digits) or of an import (imp_…). Without it: the newest imports.'),
  }),
  output: z.strictObject({
    model: shownModel.nullable(),
    path: z.string().nullable().describe("The model's file."),
    present: z.boolean().describe("Whether the model's file is there."),
    imports: z.array(shownImport),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  taints: () => ['untrusted-text'],
  summary: ({ model, path, present, imports }) => {
    if (model !== null) {
      const where = present ? `its file is ${path}` : `its file ${path} is gone`
      return `${tellModel(model)} is ${model.removed ? 'out of use' : 'ready for use'}; ${where}.`
    }
    const [only] = imports
    if (only === undefined) return 'No model is being imported, and none was lately.'
    if (imports.length > 1) return `${count(imports.length, 'import')}; the newest is ${stateOf(only)}.`
    return `The import ${only.importId} is ${stateOf(only)}.`
  },
  resources: ({ id }) => (id === undefined ? [] : [{ kind: 'model', id, access: 'read' }]),
  run: async ({ id }, { host }) => {
    if (id !== undefined && !id.startsWith('imp_')) {
      const { model, path, present } = await host.models.find(id)
      return { model: presentModel(model), path, present, imports: [], truncated: false }
    }
    const all = await host.models.imports()
    const wanted = id === undefined ? all.slice(0, MOST_IMPORTS) : all.filter((record) => record.id === id)
    if (id !== undefined && wanted.length === 0) {
      throw new CastellanError('not_found', `There is no import ${id}. Without an id model_status shows the newest.`)
    }
    const imports = fitting(wanted.map(presentImport), readLimits.outputBytes)
    return { model: null, path: null, present: false, imports, truncated: imports.length < wanted.length }
  },
})

function stateOf({ state, stage, stages, reason }: z.infer<typeof shownImport>): string {
  if (state === 'examining') return `at the stage ${stage ?? 'between two'}, ${count(stages.length, 'stage')} done`
  return reason === null ? state : `${state}: ${reason}`
}

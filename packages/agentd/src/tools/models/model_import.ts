import { Sha256Hex } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool } from '../define.ts'
import { pathField } from '../fields.ts'
import { size } from '../words.ts'
import { presentModel, shownModel, tellModel } from './fields.ts'

export const modelImport = defineTool({
  name: 'model_import',
  title: 'Import a model',
  description:
    'Lets a GGUF model file of this machine into the registry: copied, hashed and checked as a whole file that writes text. ' +
    'Give its SHA-256 if you have it.',
  input: z.strictObject({
    path: pathField('The GGUF file.'),
    sha256: Sha256Hex.optional().describe('What its digest has to be. Without it the file is taken as it comes.'),
  }),
  output: z.strictObject({ model: shownModel }),
  effect: 'change',
  undo: 'none',
  limits: { timeoutMs: 3_600_000, outputBytes: 64 * 1024, perMinute: 10 },
  summary: ({ model }) => {
    const trust = model.pinned ? 'its digest is the one that was given' : 'nobody vouched for its digest'
    return `Imported ${tellModel(model)} as ${model.id}; ${trust}.`
  },
  resources: async ({ path }, host) => [
    { kind: 'model', id: await host.files.locate(path), access: 'write' },
    { kind: 'path', id: await host.files.locate(path), access: 'read' },
  ],
  preview: async ({ path, sha256 }, { host, signal }) => {
    const facts = await host.files.stat(path, signal)
    return {
      effects: [
        `A copy of ${facts.path} (${size(facts.sizeBytes)}) is made, checked, and may be used as a model.`,
        sha256 === undefined
          ? 'No digest was given: whatever the file is now counts as the right one.'
          : `Only if its SHA-256 is ${sha256}.`,
      ],
      undo: 'model_remove takes it out of use again.',
    }
  },
  run: async ({ path, sha256 }, { host, call, progress, signal }) => ({
    model: presentModel(await host.models.import({ path, sha256, by: call.agent }, progress, signal)),
  }),
})

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
    'Lets a model of this machine (a GGUF or safetensors file, or a folder of safetensors) into the registry, through every ' +
    'stage of the quarantine. Takes minutes; model_status shows how far it is. Give its SHA-256 if you have it.',
  input: z.strictObject({
    path: pathField('The model: a file, or a folder.'),
    sha256: Sha256Hex.optional().describe('What its digest has to be. Without it the file is taken as it comes.'),
    source: z.string().min(1).max(2048).optional().describe('The https address that it was downloaded from.'),
    signature: pathField('A Sigstore bundle (JSON) that vouches for it.').optional(),
  }),
  output: z.strictObject({ model: shownModel, importId: z.string() }),
  effect: 'change',
  undo: 'none',
  limits: { timeoutMs: 6 * 3_600_000, outputBytes: 64 * 1024, perMinute: 10 },
  summary: ({ model }) => {
    const trust = model.pinned ? 'its digest is the one that was given' : 'nobody vouched for its digest'
    const noted = model.stages.filter(({ result }) => result === 'noted').length
    const notes = noted === 0 ? '' : ` ${noted} of the stages noted something.`
    return `Imported ${tellModel(model)} as ${model.id}; ${trust}.${notes}`
  },
  resources: async ({ path, signature }, host) => [
    { kind: 'model', id: await host.files.locate(path), access: 'write' },
    { kind: 'path', id: await host.files.locate(path), access: 'read' },
    ...(signature === undefined
      ? []
      : [{ kind: 'path' as const, id: await host.files.locate(signature), access: 'read' as const }]),
  ],
  preview: async ({ path, sha256 }, { host, signal }) => {
    const facts = await host.files.stat(path, signal)
    return {
      effects: [
        `A copy of ${facts.path} (${size(facts.sizeBytes)}) is made and examined, and may be used as a model if every stage lets it pass.`,
        sha256 === undefined
          ? 'No digest was given: whatever the file is now counts as the right one.'
          : `Only if its SHA-256 is ${sha256}.`,
      ],
      undo: 'model_remove takes it out of use again.',
    }
  },
  run: async ({ path, sha256, source, signature }, { host, call, progress, signal }) => {
    const request = { path, sha256, source, signature, by: call.agent }
    const { model, record } = await host.models.import(request, progress, signal)
    return { model: presentModel(model), importId: record.id }
  },
})

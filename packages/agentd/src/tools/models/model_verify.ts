import { z } from 'zod'
import { defineTool } from '../define.ts'
import { idField } from './fields.ts'

export const modelVerify = defineTool({
  name: 'model_verify',
  title: 'Verify a model',
  description: 'Reads the whole file of an imported model and compares its digest with the one it was let in with.',
  input: z.strictObject({ id: idField }),
  output: z.strictObject({
    id: z.string(),
    name: z.string(),
    state: z.enum(['intact', 'changed', 'missing']),
    sha256: z.string().describe('What it was let in with.'),
    foundSha256: z.string().nullable().describe('What it has now; null where the file is gone.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { timeoutMs: 1_800_000, outputBytes: 16 * 1024, perMinute: 30 },
  taints: () => ['untrusted-text'],
  summary: ({ name, state, foundSha256 }) => {
    if (state === 'intact') return `${name} is the very file that was imported.`
    if (state === 'missing') return `The file of ${name} is gone. Import it again.`
    return `The file of ${name} was changed: its digest now begins with ${foundSha256?.slice(0, 12)}. Remove it, and find out who did it.`
  },
  resources: ({ id }) => [{ kind: 'model', id, access: 'read' }],
  run: async ({ id }, { host, progress, signal }) => {
    const { model, state, foundSha256 } = await host.models.verify(id, progress, signal)
    return { id, name: model.name, state, sha256: model.sha256, foundSha256 }
  },
})

import { Sha256Hex } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { count } from '../words.ts'

export const ledgerVerify = defineTool({
  name: 'ledger_verify',
  title: 'Verify the ledger',
  description:
    'Checks that the ledger is whole: every hash from the first entry to the last, the tree head, and its signature.',
  input: z.strictObject({}),
  output: z.strictObject({
    ok: z.boolean(),
    entries: z.int().min(0),
    root: Sha256Hex.describe('RFC 6962 root hash over all entries.'),
    checkpoint: z.enum(['valid', 'invalid', 'missing']),
    durationMs: z.number().min(0),
    problem: z
      .strictObject({ index: z.int().nullable(), message: z.string() })
      .nullable()
      .describe('The first thing that is wrong; null when all is well.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: { ...readLimits, timeoutMs: 30_000, perMinute: 10 },
  summary: ({ ok, entries, root, checkpoint, durationMs, problem }) => {
    const checked = `checked in ${durationMs < 1 ? 'under 1' : Math.round(durationMs)} ms`
    if (ok)
      return `The ledger is intact: ${count(entries, 'entry', 'entries')}, tree head ${root.slice(0, 16)}…, signature valid, ${checked}.`
    const where = problem?.index === null || problem === null ? '' : ` at entry ${problem.index}`
    const why = problem?.message ?? `its checkpoint is ${checkpoint}`
    return `The ledger is damaged${where}: ${why}. Stop changing things, and look at it with agentctl verify-ledger.`
  },
  run: (_input, { host, signal }) => host.ledger.verify(signal),
})

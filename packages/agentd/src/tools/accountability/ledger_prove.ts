import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'

export const ledgerProve = defineTool({
  name: 'ledger_prove',
  title: 'Prove a ledger entry',
  description:
    'The proof that an entry is in the ledger, as a C2SP tlog-proof that can be checked on another machine, without this one: ' +
    'agentctl ledger check.',
  input: z.strictObject({ index: z.int().min(0).describe('Ledger number of the entry.') }),
  output: z.strictObject({
    index: z.int(),
    type: z.string().describe('What the entry records.'),
    proof: z.string().describe('The text of a .tlog-proof file, to be kept as it is.'),
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ index, type }) =>
    `Proof of entry ${index} (${type.replaceAll('_', ' ')}); saved as ${index}.tlog-proof, agentctl ledger check ${index}.tlog-proof --key KEY checks it anywhere.`,
  run: ({ index }, { host, signal }) => host.ledger.prove(index, signal),
})

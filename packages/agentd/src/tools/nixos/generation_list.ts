import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { limitField, offsetField, truncatedField } from '../fields.ts'
import { allLeftOut, count, moment } from '../words.ts'

export const generationList = defineTool({
  name: 'generation_list',
  title: 'Generation list',
  description:
    'The NixOS generations of this host, newest first: when each was made, its versions, and which one is current.',
  input: z.strictObject({ limit: limitField(200, 20, 'generations'), offset: offsetField('generations') }),
  output: z.strictObject({
    generations: z.array(
      z.strictObject({
        number: z.int(),
        createdAt: Timestamp,
        current: z.boolean().describe('Whether the system profile points to it.'),
        path: z.string(),
        nixosVersion: z.string().nullable(),
        kernelVersion: z.string().nullable(),
      }),
    ),
    total: z.int(),
    truncated: truncatedField,
  }),
  effect: 'read',
  undo: 'none',
  limits: readLimits,
  summary: ({ generations, total }, { offset }) => {
    if (total > 0 && generations.length === 0) return allLeftOut(count(total, 'generation'))
    const current = generations.find((generation) => generation.current)
    if (current === undefined) return `There are ${count(total, 'generation')}, and none of those shown is current.`
    const version = current.nixosVersion === null ? '' : ` (NixOS ${current.nixosVersion})`
    // Those left out are newer than all that are shown.
    if (offset > 0) return `Generation ${current.number}${version} is current, of ${count(total, 'generation')}.`
    const newest =
      generations[0]?.number === current.number ? 'the newest' : `not the newest, which is ${generations[0]?.number}`
    return `Generation ${current.number}${version} of ${moment(current.createdAt)} is current, of ${count(total, 'generation')}; it is ${newest}.`
  },
  run: async ({ limit, offset }, { host, signal }) => {
    const all = await host.nix.generations(signal)
    const generations = all
      .slice(offset, offset + limit)
      .map((generation) => ({ ...generation, createdAt: generation.createdAt.toISOString() }))
    return { generations, total: all.length, truncated: offset + generations.length < all.length }
  },
})

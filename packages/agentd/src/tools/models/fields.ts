import { Timestamp } from '@castellan/contracts'
import { z } from 'zod'
import type { RegisteredModel } from '../../models/manifest.ts'
import { size } from '../words.ts'

export const idField = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits')
  .describe('Id of the model, as model_list shows it: the first 16 digits of its digest.')

export const shownModel = z.strictObject({
  id: z.string(),
  name: z.string(),
  sha256: z.string(),
  sizeBytes: z.int(),
  architecture: z.string(),
  parameters: z.number(),
  contextTokens: z.int().describe('Tokens it was trained to see at once; 0 where it does not say.'),
  source: z.string().describe('Where it came from.'),
  pinned: z.boolean().describe('Whether its digest was given beforehand; otherwise it was taken as it came.'),
  importedAt: Timestamp,
  importedBy: z.string(),
  removed: z.boolean().describe('Out of use; the file is kept.'),
})

export function presentModel({ bytes, ...model }: RegisteredModel): z.infer<typeof shownModel> {
  return { ...model, sizeBytes: bytes }
}

export function tellModel({ name, sizeBytes, architecture, parameters }: z.infer<typeof shownModel>): string {
  return `${name} (${architecture}, ${figure(parameters)} parameters, ${size(sizeBytes)})`
}

/** `7.2 billion`, `124 million`, `2,600`. */
function figure(number: number): string {
  if (number >= 1e9) return `${(number / 1e9).toFixed(1)} billion`
  if (number >= 1e6) return `${Math.round(number / 1e6)} million`
  return number.toLocaleString('en')
}

import { Timestamp } from '@castellan/contracts'
import type { RegisteredModel } from '@castellan/quarantine/registry'
import { z } from 'zod'
import type { ImportRecord } from '../../models/record.ts'
import { size } from '../words.ts'

export const idField = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be 16 hex digits')
  .describe('Id of the model, as model_list shows it: the first 16 digits of its digest.')

/** What a stage of the quarantine said. */
const shownStage = z.strictObject({
  stage: z.string(),
  result: z.enum(['passed', 'noted', 'skipped', 'refused']),
  summary: z.string(),
})

export const shownModel = z.strictObject({
  id: z.string(),
  name: z.string(),
  format: z.enum(['gguf', 'safetensors', 'folder']),
  sha256: z.string(),
  sizeBytes: z.int(),
  architecture: z.string(),
  parameters: z.number(),
  contextTokens: z.int().describe('Tokens it was trained to see at once; 0 where it does not say.'),
  source: z.string().describe('The path it was copied from.'),
  declaredSource: z.string().nullable().describe('Where it is said to come from.'),
  pinned: z.boolean().describe('Whether its digest was given beforehand; otherwise it was taken as it came.'),
  signer: z
    .string()
    .nullable()
    .describe('Who vouched for it, where a signature held; null for one that nobody signed.'),
  stages: z.array(shownStage).describe('What the quarantine said of it.'),
  importedAt: Timestamp,
  importedBy: z.string(),
  removed: z.boolean().describe('Out of use; the file is kept.'),
})

export function presentModel({ bytes, file: _file, verdicts, ...model }: RegisteredModel): z.infer<typeof shownModel> {
  return { ...model, sizeBytes: bytes, stages: [...verdicts] }
}

/** One way through the quarantine, finished or not. */
export const shownImport = z.strictObject({
  importId: z.string(),
  state: z
    .enum(['claiming', 'examining', 'promoting', 'trusted', 'refused', 'interrupted'])
    .describe('interrupted: it ended before a verdict, so nothing was let in.'),
  path: z.string(),
  startedAt: Timestamp,
  endedAt: Timestamp.nullable(),
  sha256: z.string().nullable().describe('Of the copy that is examined; null until it is whole.'),
  sizeBytes: z.int(),
  stage: z.string().nullable().describe('The stage that is running now.'),
  stages: z.array(shownStage.extend({ findings: z.array(z.string()) })).describe('What the stages said so far.'),
  reason: z.string().nullable().describe('Why it was not let in.'),
})

/** Findings shown of a stage: the record in the ledger has all of them. */
const MOST_FINDINGS = 10

export function presentImport(record: ImportRecord): z.infer<typeof shownImport> {
  const { id, state, path, startedAt, endedAt, sha256, bytes, stage, verdicts, reason } = record
  const stages = verdicts.map(({ stage: name, result, summary, findings }) => ({
    stage: name,
    result,
    summary,
    findings: findings.slice(0, MOST_FINDINGS).map(({ message }) => message),
  }))
  return { importId: id, state, path, startedAt, endedAt, sha256, sizeBytes: bytes, stage, stages, reason }
}

export function tellModel({ name, sizeBytes, architecture, parameters }: z.infer<typeof shownModel>): string {
  const kind = architecture === '' ? '' : `${architecture}, `
  return `${name} (${kind}${figure(parameters)} parameters, ${size(sizeBytes)})`
}

/** `7.2 billion`, `124 million`, `2,600`. */
function figure(number: number): string {
  if (number >= 1e9) return `${(number / 1e9).toFixed(1)} billion`
  if (number >= 1e6) return `${Math.round(number / 1e6)} million`
  return number.toLocaleString('en')
}

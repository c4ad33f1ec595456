import type { StageVerdict } from '@castellan/quarantine'
import type { KeptVerdict, RegisteredModel } from '@castellan/quarantine/registry'
import type { ImportRequest } from '../host/models.ts'
import type { ImportRecord } from './record.ts'
import type { Candidate } from './stage-jobs.ts'

/** The entry of a candidate that every stage let pass. What it says about itself is what the format stage read, in its sandbox. */
export function candidateModel(
  { verdicts, bytes }: ImportRecord,
  { digest, isFolder }: Candidate,
  request: ImportRequest,
): RegisteredModel {
  const format = evidenceOf(verdicts, 'format')
  const kind = isFolder ? 'folder' : format.format === 'safetensors' ? 'safetensors' : 'gguf'
  const signer = evidenceOf(verdicts, 'provenance').signer
  return {
    id: digest.slice(0, 16),
    name: (isFolder ? lastPart(request.path) : textOf(format.name)) || 'unnamed',
    format: kind,
    sha256: digest,
    bytes,
    file: isFolder ? digest : `${digest}.${kind}`,
    architecture: textOf(format.architecture).slice(0, 80),
    parameters: numberOf(format.parameters),
    contextTokens: Math.trunc(numberOf(format.contextTokens)),
    source: request.path,
    declaredSource: request.source ?? null,
    pinned: evidenceOf(verdicts, 'integrity').pinned === true,
    signer: typeof signer === 'string' ? signer.slice(0, 300) : null,
    verdicts: verdicts.flatMap(kept),
    importedAt: new Date().toISOString(),
    importedBy: request.by,
    removed: false,
  }
}

function kept({ stage, result, summary }: StageVerdict): KeptVerdict[] {
  return result === 'refused' ? [] : [{ stage, result, summary }]
}

function evidenceOf(verdicts: readonly StageVerdict[], stage: string): StageVerdict['evidence'] {
  return verdicts.find((verdict) => verdict.stage === stage)?.evidence ?? {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

/** A folder is called what it is called; the words are somebody else's. */
function lastPart(path: string): string {
  const name = path.split('/').findLast(Boolean) ?? ''
  return name
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ')
    .slice(0, 200)
    .trim()
}

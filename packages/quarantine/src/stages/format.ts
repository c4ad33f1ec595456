import { join } from 'node:path'
import { GgufError, inspectModel } from '@castellan/gguf'
import { FormatError, type GgufStructure, readStructure, type Structure } from '../formats/index.ts'
import { isWeights, printable, withFile } from './files.ts'
import type { JobOf, StageFile } from './job.ts'
import { type Evidence, type Finding, type StageVerdict, verdictOf } from './verdict.ts'

/** Stage 2: every weights file of the candidate, by the hardened parsers. */
export async function formatStage({ folder, files }: JobOf<'format'>): Promise<StageVerdict> {
  const findings: Finding[] = []
  const structures: Structure[] = []
  const weights = files.filter(({ name }) => isWeights(name) || files.length === 1)
  for (const file of weights) {
    try {
      structures.push(await withFile(folder, file.name, (source) => readStructure(file.name, source)))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      findings.push(refuse(error.code, `${JSON.stringify(file.name)} ${error.message}.`))
    }
  }
  if (weights.length === 0) findings.push(refuse('no_weights', 'There are no weights in it (.safetensors).'))
  const [first] = structures
  const only = files.length === 1 ? first : undefined
  if (only?.format === 'gguf' && findings.length === 0)
    findings.push(...(await usable(folder, files[0] as StageFile, only)))
  return verdictOf(
    'format',
    wordsOf(structures),
    findings,
    only === undefined ? folderFacts(structures) : factsOf(only, files[0] as StageFile),
  )
}

/** What llama.cpp cannot do without, and would end its process over. */
async function usable(folder: string, { name }: StageFile, { metadata, tensors }: GgufStructure): Promise<Finding[]> {
  if (tensors.length === 0)
    return [refuse('no_weights', 'It holds no weights, only a description. Give the file that holds the model itself.')]
  const parts = metadata.get('split.count')?.value
  if (parts !== undefined && Number(parts) > 1) {
    return [refuse('split', `It is one of ${Number(parts)} parts. Join them first (llama-gguf-split --merge).`)]
  }
  const path = join(folder, name)
  return inspectModel(path).then(
    () => [],
    (error: unknown) => {
      if (error instanceof GgufError) return [refuse('unusable', error.message.replaceAll(path, JSON.stringify(name)))]
      throw error
    },
  )
}

function factsOf(structure: Structure, { name }: StageFile): Evidence {
  const parameters = structure.tensors.reduce((sum, { elements }) => sum + elements, 0)
  const shared = { format: structure.format, tensors: structure.tensors.length, parameters }
  if (structure.format === 'safetensors')
    return { ...shared, name: printable(name.replace(/\.safetensors$/, ''), 200), architecture: '', contextTokens: 0 }
  const text = (key: string): string => {
    const value = structure.metadata.get(key)?.value
    return typeof value === 'string' ? value : ''
  }
  const architecture = text('general.architecture')
  const context = Number(structure.metadata.get(`${architecture}.context_length`)?.value ?? 0)
  return {
    ...shared,
    version: structure.version,
    name: printable(text('general.name'), 200) || printable(name.replace(/\.gguf$/, ''), 200) || 'unnamed',
    architecture: printable(architecture, 80),
    contextTokens: Number.isSafeInteger(context) && context > 0 ? context : 0,
    interpreter: text('castellan.kind') === 'interpreter',
  }
}

function folderFacts(structures: readonly Structure[]): Evidence {
  const tensors = structures.reduce((sum, { tensors }) => sum + tensors.length, 0)
  const parameters = structures.reduce(
    (sum, structure) => sum + structure.tensors.reduce((all, { elements }) => all + elements, 0),
    0,
  )
  return { format: 'folder', tensors, parameters, name: '', architecture: '', contextTokens: 0 }
}

function wordsOf(structures: readonly Structure[]): string {
  const tensors = structures.reduce((sum, { tensors: { length } }) => sum + length, 0)
  return `${structures.length === 1 ? `A whole ${structures[0]?.format} file` : `${structures.length} whole safetensors files`} with ${tensors} tensors.`
}

function refuse(code: string, message: string): Finding {
  return { level: 'refuse', code, message }
}

import { readStructure, type Structure } from '../formats/index.ts'
import { judgeMetadata, judgeWeights, scanWeights, type TensorWeights } from '../scan/index.ts'
import { judgeTemplate } from '../templates/index.ts'
import { isWeights, withFile } from './files.ts'
import type { JobOf } from './job.ts'
import { cut, type Finding, type StageProgress, type StageVerdict, verdictOf } from './verdict.ts'

/** Tensors whose figures stay in the evidence: those that stand out. */
const MOST_SHOWN = 20

/** Stage 5: the weights, what rides along with them, and the chat templates. */
export async function scanStage(
  { folder, files }: JobOf<'scan'>,
  progress: (progress: StageProgress) => void,
): Promise<StageVerdict> {
  const findings: Finding[] = []
  const shown: TensorWeights[] = []
  const weights = files.filter(({ name }) => isWeights(name) || files.length === 1)
  const total = weights.reduce((sum, { bytes }) => sum + bytes, 0)
  let before = 0
  let tensors = 0
  for (const { name, bytes } of weights) {
    const offset = before
    await withFile(folder, name, (source) => {
      const structure = readStructure(name, source)
      const scan = scanWeights(source, structure, (done) =>
        progress({ message: 'Scanning weights', done: offset + done, total }),
      )
      findings.push(...judgeWeights(scan), ...judgeMetadata(structure), ...judgeTemplates(structure))
      shown.push(...scan.tensors)
      tensors += scan.tensors.length
    })
    before += bytes
  }
  const words = `${tensors} tensors in ${total} bytes look like trained weights.`
  return verdictOf('scan', words, findings, { tensors, bytes: total, extremes: extremes(shown) })
}

/** Every template that a runtime might pick: the default one and those of other names. */
function judgeTemplates(structure: Structure): Finding[] {
  if (structure.format !== 'gguf') return []
  const findings: Finding[] = []
  for (const [key, value] of structure.metadata) {
    if (!key.startsWith('tokenizer.chat_template') || key === 'tokenizer.chat_templates') continue
    if (value.type !== 'string') {
      findings.push({ level: 'refuse', code: 'template', message: `${JSON.stringify(key)} is no text.` })
      continue
    }
    for (const problem of judgeTemplate(value.value as string)) {
      findings.push({
        level: 'refuse',
        code: 'template',
        message: `The chat template ${JSON.stringify(key)} is not harmless. ${problem}`,
      })
    }
  }
  return findings
}

/** Those whose spread stands out most, widest first. */
function extremes(tensors: readonly TensorWeights[]) {
  return [...tensors]
    .filter(({ of }) => of !== null)
    .sort((left, right) => Math.max(-right.least, right.most) - Math.max(-left.least, left.most))
    .slice(0, MOST_SHOWN)
    .map(({ name, type, mean, deviation, least, most, zeros, count, nonFinite }) => ({
      name: cut(name, 300),
      type,
      mean: finite(mean),
      deviation: finite(deviation),
      least: finite(least),
      most: finite(most),
      zeroShare: count === 0 ? 0 : zeros / count,
      nonFinite,
    }))
}

/** JSON has no other numbers. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

import type { GgufStructure, Structure } from '../formats/index.ts'
import type { TensorWeights, WeightScan } from './weights.ts'

/** Something that a scan saw. `refuse`: no honest model has it. `note`: for a person to know. */
export interface Finding {
  readonly level: 'refuse' | 'note'
  readonly code: string
  readonly message: string
}

/** Windows of numbers above this many bits a byte are noise or encrypted: floats repeat their exponents. */
const NOISE_BITS = 7.99
/** Below it, next to nothing is there. */
const EMPTY_BITS = 0.5
/** Tensors smaller than this may be all zero, as biases are. */
const LARGE_BYTES = 65_536
/** A list of bytes in the metadata above this is a file within the file; the tables of tokenizers are smaller. */
const MOST_BLOB_BYTES = 1024 * 1024
/** Texts above this are worth a word; templates and licenses are smaller. */
const LONG_TEXT = 65_536
/** Values of trained weights do not come near this. */
const LARGE_VALUE = 1e5

const floats = new Set(['F32', 'F16', 'BF16', 'F64'])

export function judgeWeights({ tensors, header }: WeightScan): Finding[] {
  const findings = tensors.flatMap(judgeTensor)
  if (header !== null && header.most > NOISE_BITS) {
    findings.push(
      note(
        'packed_metadata',
        `The metadata has a stretch of ${header.most.toFixed(2)} bits a byte, as packed data has.`,
      ),
    )
  }
  return findings
}

function judgeTensor(tensor: TensorWeights): Finding[] {
  const { name, type, of, nonFinite, count, zeros, bytes, entropy, least, most } = tensor
  const shown = JSON.stringify(name)
  const findings: Finding[] = []
  if (nonFinite > 0) {
    findings.push(
      refuse('non_finite', `${shown} has ${nonFinite} of ${count} ${of} that are no numbers (NaN or infinite).`),
    )
  }
  if (floats.has(type) && entropy !== null && entropy.most > NOISE_BITS) {
    findings.push(
      refuse(
        'noise',
        `${shown} (${type}) has a stretch of ${entropy.most.toFixed(3)} bits a byte: noise or encrypted data, not weights.`,
      ),
    )
  }
  if (bytes >= LARGE_BYTES && count > 0 && zeros === count) {
    findings.push(note('all_zero', `${shown} has nothing but zeros in ${bytes} bytes.`))
  } else if (bytes >= LARGE_BYTES && entropy !== null && entropy.least < EMPTY_BITS) {
    findings.push(
      note('empty_stretch', `${shown} has a stretch of next to nothing (${entropy.least.toFixed(2)} bits a byte).`),
    )
  }
  if (Math.max(-least, most) > LARGE_VALUE) {
    findings.push(note('large_values', `${shown} has ${of} from ${least.toPrecision(3)} to ${most.toPrecision(3)}.`))
  }
  return findings
}

/** Data that could ride along in the metadata, where no tensor scan sees it. */
export function judgeMetadata(structure: Structure): Finding[] {
  if (structure.format === 'safetensors') {
    return [...structure.metadata]
      .filter(([, text]) => text.length > LONG_TEXT)
      .map(([key, text]) => note('long_text', `The metadata ${JSON.stringify(key)} has ${text.length} characters.`))
  }
  return judgeGgufMetadata(structure)
}

function judgeGgufMetadata({ metadata }: GgufStructure): Finding[] {
  const findings: Finding[] = []
  for (const [key, value] of metadata) {
    const shown = JSON.stringify(key)
    const isBytes = value.type === 'array' && (value.itemType === 'uint8' || value.itemType === 'int8')
    if (isBytes && value.bytes > MOST_BLOB_BYTES) {
      findings.push(refuse('blob', `The metadata ${shown} is a list of ${value.bytes} bytes: a file within the file.`))
    } else if (value.type === 'string' && (value.value as string).length > LONG_TEXT) {
      findings.push(note('long_text', `The metadata ${shown} has ${(value.value as string).length} characters.`))
    }
  }
  return findings
}

function refuse(code: string, message: string): Finding {
  return { level: 'refuse', code, message }
}

function note(code: string, message: string): Finding {
  return { level: 'note', code, message }
}
